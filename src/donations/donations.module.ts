import { Global, Module } from '@nestjs/common';
import { DonationsController } from './donations.controller.js';
import { MonthlyThanks, ThanksParts } from './monthly-thanks.reactor.js';
import { RepayParts, RepayThanks } from './repay-thanks.reactor.js';

@Global()
@Module({ controllers: [DonationsController], providers: [MonthlyThanks, ThanksParts, RepayThanks, RepayParts] })
export class DonationsModule {}
