/** One value of one facet. The id is small, and changes when the table is renumbered; the serial never does. */
export interface FacetValue {
  id: number;
  users: number;
  readonly serial: number;
  readonly key: string;
}

/** The values of all facets of a request. Requests with one signature get one verdict from a worker. */
export interface Signature {
  readonly values: readonly FacetValue[];
  /** The ids of the values, flat: a search reads those of thousands of signatures. */
  readonly ids: Int32Array;
  readonly text: string;
  users: number;
}
