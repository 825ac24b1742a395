/** Something with slots that can be promised. */
interface Reservable {
  reserved: number;
}

/** Slots of one request, promised until they are settled or released, whichever comes first. */
export class ReservedSlots {
  constructor(private readonly of: Reservable, private left: number) {}

  settleOne(): void {
    if (this.left > 0) this.#free(1);
  }

  release(): void {
    this.#free(this.left);
  }

  #free(count: number): void {
    this.left -= count;
    this.of.reserved -= count;
  }
}
