/** `model::alias` names a private copy; prices and parameters are those of the model. */
export const withoutAlias = (name: string): string => name.split('::', 1)[0] ?? name;

/** The backends that put their own name in front of a model's. */
const BACKEND = /^(?:koboldcpp|aphrodite|tabbyapi|llamacpp)\//i;

/** A bare `-Q4_K_M` or `.IQ3_XS`; tried first, as the wider grammar would also swallow the `.2` of `v3.2-Q4_K_M`. */
const BARE_QUANTISATION = /[.,-]I?Q[2-9](?:[_.-][A-Za-z0-9]+)*$/;
/** The published grammar (horde-rules §2.7), for example `.i1-Q4_K_M` and `-GPTQ-Int4`. */
const QUANTISATION = /[.,-][A-Za-z0-9]+-?Q(?:-[Ii]nt)?[2-9]{1,2}(?:[_.-][A-Za-z0-9]+)*$/;

/** Longer than any model's name on the wire (255): nothing longer is searched for suffixes. */
const NAME_LENGTH_MAX = 300;

/** The names under which a reference may know a text model, most exact first. */
export const textModelCandidates = (name: string): readonly string[] => {
  const plain = withoutAlias(name);
  if (plain.length > NAME_LENGTH_MAX) return [plain];
  const whole = [plain, plain.replace(BARE_QUANTISATION, ''), plain.replace(QUANTISATION, '')];
  const bare = whole.map((each) => each.replace(BACKEND, ''));
  return [...new Set([...whole, ...bare, ...bare.map(lastSegment)])];
};

/** `org/model` is often sent as `model` alone. */
export const lastSegment = (name: string): string => name.slice(name.lastIndexOf('/') + 1);
