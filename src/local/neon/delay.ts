/** The distance to the database: a round trip that is added to every exchange, half on each way. */
export class Delay {
  #roundTrip_ms = 0;

  /** @param roundTrip_ms 0 for none */
  set(roundTrip_ms: number): void {
    this.#roundTrip_ms = roundTrip_ms;
  }

  get oneWay_ms(): number {
    return this.#roundTrip_ms / 2;
  }

  async travel(): Promise<void> {
    if (this.#roundTrip_ms > 0) await new Promise((resolve) => setTimeout(resolve, this.oneWay_ms));
  }
}
