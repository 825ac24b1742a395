import { Controller, Delete, Get, HttpCode, Param, Patch, Post, Put } from '@nestjs/common';
import { Int, Optional, Str } from '../platform/http/body/body-decorators.js';
import { text } from '../platform/http/marshal.js';
import { ApiKey, LooseBody, StrictBody } from '../platform/http/parameters.js';
import { QueryInt, QueryText } from '../platform/http/query.js';
import { Callers, RateLimit } from '../platform/http/route-spec.js';
import { splitPrompt } from '../requests/rules/prompt.js';
import { FilterEditing } from './filter-editing.js';
import { ACTIVE_TYPES } from './filter-set.js';
import { FILTERED_CHARS_MAX } from './judgement.js';
import { PromptFilters } from './prompt-filters.message.js';

/** A longer one is better split: filters of a type are looked for one after the other anyway. */
const REGEX = { min: 1, max: 1_000 };
const DESCRIPTION = { max: 1_000 };
/** A few words: it is written into a prompt as often as its regex matches there. */
const REPLACEMENT = { max: 200 };
/** horde-api C12. */
const FILTER_TYPE = { min: 10, max: 29 };

class NewFilterFields {
  @Str(REGEX) regex!: string;
  @Int(FILTER_TYPE) filter_type!: number;
  @Optional() @Str(DESCRIPTION) description?: string;
  @Str({ default: '', ...REPLACEMENT }) replacement!: string;
}
class ChangeFilterFields {
  @Optional() @Str(REGEX) regex?: string;
  @Optional() @Int(FILTER_TYPE) filter_type?: number;
  @Optional() @Str(DESCRIPTION) description?: string;
  @Optional() @Str(REPLACEMENT) replacement?: string;
}
class PromptFields {
  @Str({ max: FILTERED_CHARS_MAX }) prompt!: string;
  @Optional() @Int() filter_type?: number;
}

/** What is looked for in prompts (horde-api C12). Never cached: it is for moderators only (Q42). */
@Controller('api/v2/filters')
export class FiltersController {
  constructor(private readonly editing: FilterEditing, private readonly filters: PromptFilters) {}

  @Get() @Callers('moderator') @RateLimit('RL-D')
  async list(@QueryInt('filter_type') filterType: number | undefined, @QueryText('contains') part: string | undefined, @ApiKey() apiKey: string) {
    await this.editing.moderator(apiKey);
    return this.editing.listed((filter) =>
      (filterType === undefined || filter.filterType === filterType) && (part === undefined || filter.regex.includes(part) || (filter.description ?? '').includes(part)));
  }

  @Put() @HttpCode(200) @Callers('moderator') @RateLimit('RL-D')
  async add(@StrictBody(NewFilterFields) fields: NewFilterFields, @ApiKey() apiKey: string) {
    return this.editing.add(await this.editing.moderator(apiKey), fields);
  }

  /** What a prompt would be found to be, and by which of its words. */
  @Post() @HttpCode(200) @Callers('moderator') @RateLimit('RL-D')
  async score(@LooseBody(PromptFields) { prompt, filter_type: filterType }: PromptFields, @ApiKey() apiKey: string) {
    await this.editing.moderator(apiKey);
    await this.filters.refresh();
    const { suspicion, matches } = this.filters.score(splitPrompt(prompt).positive, filterType);
    return { suspicion: text(suspicion), matches };
  }

  /** All of a type in one, for clients that look before they ask. */
  @Get('regex') @Callers('moderator') @RateLimit('RL-D')
  async regexes(@QueryInt('filter_type') wanted: number | undefined, @ApiKey() apiKey: string) {
    await this.editing.moderator(apiKey);
    await this.filters.refresh();
    return ACTIVE_TYPES.filter((type) => wanted === undefined || wanted === type).map((type) => {
      const regexes = this.filters.all().filter(({ filterType }) => filterType === type).map(({ regex }) => regex);
      return { filter_type: type, ...(regexes.length === 0 ? {} : { regex: regexes.join('|') }) };
    });
  }

  @Get(':filter_id') @Callers('moderator') @RateLimit('RL-D')
  async one(@Param('filter_id') id: string, @ApiKey() apiKey: string) {
    await this.editing.moderator(apiKey);
    return this.editing.shown(id);
  }

  @Patch(':filter_id') @Callers('moderator') @RateLimit('RL-D')
  async change(@Param('filter_id') id: string, @StrictBody(ChangeFilterFields) fields: ChangeFilterFields, @ApiKey() apiKey: string) {
    return this.editing.change(await this.editing.moderator(apiKey), id, fields);
  }

  @Delete(':filter_id') @Callers('moderator') @RateLimit('RL-D')
  async delete(@Param('filter_id') id: string, @ApiKey() apiKey: string) {
    await this.editing.delete(await this.editing.moderator(apiKey), id);
    return { message: 'OK' };
  }
}
