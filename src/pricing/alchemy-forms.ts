import type { RequestKind } from '../kernel/request-kind.js';
import type { AlchemyJobFeatures, FormFacts } from './job-features.js';

/** The form that makes control maps; the only one that comes in types (horde-api-since-5.1.5 §3.5). */
export const ANNOTATION = 'annotation';

/** The forms of an alchemy request in their order; of any other request none. */
export const formsOf = ({ kind, features }: { readonly kind: RequestKind; readonly features: object }): readonly FormFacts[] =>
  kind === 'alchemy' ? (features as AlchemyJobFeatures).forms : [];

/** What a worker must be able to do for a form: its name, and for an annotation the annotator as well. */
export const serviceOf = ({ form, controlType }: Pick<FormFacts, 'form' | 'controlType'>): string =>
  form === ANNOTATION ? `${ANNOTATION}/${controlType ?? ''}` : form;
