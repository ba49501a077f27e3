/**
 * An entry: one command on its way through the owner, and the only hand on its caller's answer.
 *
 * Law: answered exactly once. I4: an acceptance needs the receipt of the batch it was committed in; a refusal or a reading,
 * which writes nothing, is answered by its own verb once what it saw is durable; a replay is what the ledger has bound. It is called
 * one (`replayed`) only when an earlier request bound it.
 */
import { Exit } from "effect"
import { type Fate, type Unavailable, type UnavailableReason, unavailable } from "../../ports/failures.ts"
import { type Answer, type Command, Refused, type Rejection } from "../../ports/inventory.ts"
import type { KnownKey } from "../../ports/ledger.ts"
import type { Receipt } from "../../ports/receipt.ts"
import type { Answering } from "../../ports/workers.ts"
import { Absent } from "./absent.ts"
import { claimNameOf, claimOf } from "./commands.ts"
import type { Outcome } from "./decision.ts"

/**
 * Of its key and SKU, see `idempotency.ts`: the filter vouches that they are free, or its asker does; the ledger is asked, or has said so.
 *
 *     shut -> vouched
 *       \---> asked -> free        (contested: shut again, and asked)
 */
export type Gate = "shut" | "vouched" | "asked" | "free"

/** The batch by which it became durable, of one that is traced (`spans.ts`). */
export interface Committed {
  /** Contexts: of its own wait for the commit, and of the batch. */
  readonly context: string
  readonly batch: string
  readonly endMs: number
  /** From 1 on, among how many. */
  readonly place: number
  readonly size: number
}

/** What makes room when an entry leaves: before its caller is answered, which may submit the next at once, and after. */
export interface Front {
  readonly leaves: (entry: Entry) => void
  readonly left: (entry: Entry) => void
}

export class Entry {
  readonly command: Command
  /** Of its claim (`claimName`); null: it has none. Made once: a new text is hashed anew by every map. */
  readonly claim: string | null
  /** When its caller no longer waits (ms since 1970). */
  readonly answerBy: number
  /** When it was submitted (ms since 1970). */
  readonly since: number
  /** Context in which it was asked; null: it is not traced. */
  readonly trace: string | null
  readonly #answer: Answering
  /** Null: it has been answered. */
  #front: Front | null
  #outcome: Outcome | null = null
  #decidedAt = 0
  #committed: Committed | null = null
  #absent: Absent | null = null
  #gate: Gate = "shut"
  #isDoubtful = false

  constructor(command: Command, answer: Answering, front: Front, since = 0) {
    this.command = command
    this.claim = claimNameOf(command)
    this.answerBy = ("answerBy" in command ? command.answerBy : undefined) ?? Number.POSITIVE_INFINITY
    this.since = since
    this.trace = command.trace ?? null
    if (command._tag === "CreateProduct" && command.isLookedUp === true) this.#gate = "vouched"
    this.#answer = answer
    this.#front = front
  }

  get isAnswered(): boolean {
    return this.#front === null
  }

  /** What its turn came to; null: it has not been decided, or is to be decided again. */
  get outcome(): Outcome | null {
    return this.#outcome
  }

  /** When that was, ms since 1970, of one that is traced; 0: it never was. */
  get decidedAt(): number {
    return this.#decidedAt
  }

  decided(outcome: Outcome, now = 0): void {
    this.#outcome = outcome
    if (this.trace !== null) this.#decidedAt = now
  }

  get committed(): Committed | null {
    return this.#committed
  }

  commitTraced(committed: Committed): void {
    this.#committed = committed
  }

  undecided(): void {
    this.#outcome = null
  }

  /** Ids that were looked for and do not exist; null: none. */
  get absent(): Absent | null {
    return this.#absent
  }

  missed(ids: ReadonlySet<string>): void {
    if (ids.size > 0) this.#absent = new Absent(ids, this.#absent)
  }

  get gate(): Gate {
    return this.#gate
  }

  turnGate(gate: Gate): void {
    this.#gate = gate
  }

  /** It may have been committed, and only its key can tell: back to the gate, and whatever fails now, nothing it is not. */
  doubt(): void {
    this.#gate = "shut"
    this.#isDoubtful = true
  }

  /** What it decided is durable. */
  accept(receipt: Receipt): void {
    if (this.#outcome?._tag !== "Decision") throw new Error("accepted without a decision")
    this.#leave(Exit.succeed({ reply: receipt.open(this.#outcome.reply), replayed: false }))
  }

  /** What it saw is durable, and it changes nothing of it. */
  answer(): void {
    switch (this.#outcome?._tag) {
      case "Reading":
        return this.#leave(Exit.succeed({ reply: this.#outcome.reply, replayed: false }))
      case "Refusal":
        return this.refuse(this.#outcome.rejection)
      default:
        throw new Error("answered without a reading or a refusal")
    }
  }

  /**
   * The key is bound: the stored answer, or a refusal if it was bound to another request. Of one in doubt it was bound by its own
   * commit: one command of a claim at a time, and the gate had found it free. Its caller hears a first answer, not a replay.
   */
  replay(bound: KnownKey): void {
    const { fingerprint, key } = claimOf(this.command)!
    if (bound.fingerprint !== fingerprint) return this.refuse({ _tag: "KeyReused", key })
    this.#leave(Exit.succeed({ reply: bound.reply, replayed: !this.#isDoubtful }))
  }

  refuse(rejection: Rejection): void {
    this.#leave(Exit.fail(new Refused(rejection)))
  }

  fail(reason: UnavailableReason, fate: Fate): void {
    this.#leave(Exit.fail(unavailable(reason, this.#isDoubtful ? "unknown" : fate)))
  }

  die(defect: unknown): void {
    this.#leave(Exit.die(defect))
  }

  #leave(exit: Exit.Exit<Answer, Refused | Unavailable>): void {
    const front = this.#front
    if (front === null) return
    this.#front = null
    front.leaves(this)
    this.#answer(exit)
    front.left(this)
  }
}
