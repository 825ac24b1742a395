import { Global, Module } from '@nestjs/common';
import { AssignableKeys } from './assignable-keys.js';
import { StyleCatalogue } from './catalogue.message.js';
import { CollectionEditing } from './collection-editing.js';
import { CollectionsController } from './collections.controller.js';
import { ImageStylesController } from './image-styles.controller.js';
import { StyleAnswers } from './style-answers.js';
import { StyleChecks } from './style-checks.js';
import { EditingParts, StyleEditing } from './style-editing.js';
import { StyleExamples } from './style-examples.js';
import { StyleExamplesController } from './style-examples.controller.js';
import { StyleContractController } from './style-contract.controller.js';
import { CollectionHandler, StyleHandler, StyleNameHandler } from './style.handler.js';
import { StyleNames } from './style-names.js';
import { TextStylesController } from './text-styles.controller.js';

@Global()
@Module({
  controllers: [ImageStylesController, TextStylesController, StyleExamplesController, CollectionsController, StyleContractController],
  providers: [
    StyleHandler, CollectionHandler, StyleNameHandler, AssignableKeys, StyleCatalogue, StyleNames, StyleChecks, EditingParts, StyleEditing, StyleExamples, CollectionEditing,
    StyleAnswers,
  ],
  exports: [StyleCatalogue],
})
export class StylesModule {}
