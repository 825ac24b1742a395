/** An estimate is right within the greater of the two (the published promise of estimates; docs/decisions/0030). */
export const RIGHT_WITHIN_S = 60;
export const RIGHT_WITHIN_SHARE = 0.5;

/** Whether what was told was right; seconds. */
export const isWithin = (toldS: number, trueS: number): boolean => Math.abs(toldS - trueS) <= Math.max(RIGHT_WITHIN_S, RIGHT_WITHIN_SHARE * trueS);
