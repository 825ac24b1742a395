/** An account, or an address of which no more is known than that it is the same one all day (design.md §6, anonymous). */
export type PayerId = string;

const ANONYMOUS = 0;

export const accountPayer = (account: number): PayerId => String(account);
export const addressPayer = (tag: string): PayerId => `${ANONYMOUS}/${tag}`;

/** Anonymous requests without a tag are nobody's in particular. */
export const NOBODY: PayerId = accountPayer(ANONYMOUS);

export const payerOf = ({ payer, addressTag }: { readonly payer: number; readonly addressTag?: string }): PayerId =>
  (payer === ANONYMOUS && addressTag !== undefined ? addressPayer(addressTag) : accountPayer(payer));

export const isAddress = (payer: PayerId): boolean => payer.startsWith(addressPayer(''));
