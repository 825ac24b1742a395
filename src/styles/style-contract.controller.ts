import { Controller, Get } from '@nestjs/common';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { CEILINGS, OVERRIDABLE, type StyleKind } from '../requests/rules/style-contract.js';
import { TEXT_MARKER } from '../requests/rules/style-template.js';

const contractOf = (kind: StyleKind, parts: object): object => ({
  ...parts, declared_fields_are_placeholders: true, overridable_parameters: OVERRIDABLE[kind], ceiling_parameters: CEILINGS[kind],
  style_create_rate_limits: ['20/hour', '2/second'], style_modify_rate_limits: ['90/minute', '2/second'],
});

/** Constant: what the makers of styles can rely on (since-5.1.5 §2.2). */
const CONTRACT = {
  schema_version: 1,
  text: contractOf('text', {
    placeholders: ['p'], protected_patterns: [{ pattern: TEXT_MARKER.source, description: 'Instruction markers, which stay as they are' }],
    brace_handling: 'A bare name in braces is a placeholder, empty when nothing fills it; doubled braces stand for one.', context_fit_modes: ['ignore'],
  }),
  image: contractOf('image', {
    placeholders: ['p', 'np'], protected_patterns: [], brace_handling: 'Only p, np and declared fields are placeholders; every other brace stays.', context_fit_modes: null,
  }),
};

@Controller('api/v2/status')
export class StyleContractController {
  @Get('style_contract') @Callers('anyone') @RateLimit('none')
  contract() {
    return CONTRACT;
  }
}
