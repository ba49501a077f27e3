/**
 * A receipt: the ledger's proof that a batch is durable. What a decision will answer is sealed until the receipt of its
 * batch opens it, so that an acceptance which leaves before its commit does not compile (I4).
 *
 * Law: only a ledger issues receipts, each for the one batch that it has committed (`test/architecture.test.ts`).
 */

declare const sealed: unique symbol

/** Readable only with a receipt. Only the compiler sees a seal: it costs nothing. */
export interface Sealed<A> {
  readonly [sealed]: A
}

export const seal = <A>(value: A): Sealed<A> => value as unknown as Sealed<A>

let issue: (batch: object) => Receipt

export class Receipt {
  readonly #batch: object

  static {
    issue = (batch) => new Receipt(batch)
  }

  private constructor(batch: object) {
    this.#batch = batch
  }

  /** Whether this is the batch that is durable: the very one, not its equal. */
  isFor(batch: object): boolean {
    return this.#batch === batch
  }

  open<A>(promised: Sealed<A>): A {
    return promised as unknown as A
  }
}

/** For ledgers. */
export const issueReceipt = (batch: object): Receipt => issue(batch)
