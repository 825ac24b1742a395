import { Global, Module, type DynamicModule, type Provider } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { AuditModule } from './audit/audit.module.js';
import { healthProviders, platformProviders } from './boot/providers.js';
import type { Platform } from './boot/platform.js';
import { DispatchModule } from './dispatch/dispatch.module.js';
import { DonationsModule } from './donations/donations.module.js';
import { FiltersModule } from './filters/filters.module.js';
import { KudosModule } from './kudos/kudos.module.js';
import { NotaryModule } from './notary/notary.module.js';
import { OperationsModule } from './operations/operations.module.js';
import { OutagesModule } from './outages/outages.module.js';
import { RequestsModule } from './requests/requests.module.js';
import { HealthModule } from './status/health.module.js';
import { StatusModule } from './status/status.module.js';
import { StylesModule } from './styles/styles.module.js';
import { TeamsModule } from './teams/teams.module.js';
import { UsersModule } from './users/users.module.js';
import { WorkersModule } from './workers/workers.module.js';

/** What every feature may ask for: the opened platform and this node's views. */
@Global()
@Module({})
class PlatformModule {
  static with(providers: Provider[]): DynamicModule {
    return { module: PlatformModule, providers, exports: providers.map((provider) => (provider as { provide: symbol }).provide) };
  }
}

/** The only file that lists features. */
@Module({})
export class AppModule {
  static with(platform: Platform): DynamicModule {
    return {
      module: AppModule,
      imports: [
        CqrsModule.forRoot(), PlatformModule.with(platformProviders(platform)),
        KudosModule, DonationsModule, UsersModule, OperationsModule, FiltersModule, WorkersModule, TeamsModule, StylesModule, RequestsModule, DispatchModule, OutagesModule, StatusModule, HealthModule, AuditModule, NotaryModule,
      ],
    };
  }
}

/** What a process serves that has no API: enough to be supervised. */
@Module({})
export class HealthOnlyModule {
  static with(platform: Platform): DynamicModule {
    return { module: HealthOnlyModule, imports: [PlatformModule.with(healthProviders(platform)), HealthModule] };
  }
}
