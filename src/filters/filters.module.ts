import { Module } from '@nestjs/common';
import { FilterEditing } from './filter-editing.js';
import { FiltersController } from './filters.controller.js';
import { FiltersHandler } from './filters.handler.js';

@Module({ controllers: [FiltersController], providers: [FilterEditing, FiltersHandler] })
export class FiltersModule {}
