/** How the simulated horde is set up: low enough that its limits are met within a few hundred operations. */
export const KUDOS_CAP_KUDOS = 6_000;
export const TRUST_THRESHOLD_KUDOS = 10;
/** Repays the monthly thanks, and is exempt from the cap; one of those who also play. */
export const DONATION_SOURCE_USER = 3;
