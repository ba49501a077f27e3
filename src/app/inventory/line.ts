/**
 * The line: everything that is decided and not yet answered, in order, and the one batch of it that is on its way.
 *
 *                join              take            committed            acknowledge
 *     (turn) ----------> waiting --------> sent -------------> durable -------------> (answered)
 *        ^                  |               |
 *        | undone           | rewind        | rewind
 *        +------------------+---------------+
 *
 * What only saw (a refusal, a reading) stands in the same line and is answered behind what it saw.
 *
 * Law: I4, only a receipt of the batch that was sent makes it durable; I6, `rewind` takes back all that is not. One batch is
 * sent at a time, and the last one is acknowledged before anything can be taken back. Asserted at each step.
 * Limits: `portion.ts`, `room.ts`.
 */
import type { Lane } from "../../domain/lane.ts"
import type { Fate, UnavailableReason } from "../../ports/failures.ts"
import type { Command } from "../../ports/inventory.ts"
import type { Batch, OwnedLane } from "../../ports/ledger.ts"
import type { Receipt } from "../../ports/receipt.ts"
import { Notify } from "../../std/notify.ts"
import { Builder } from "./batch.ts"
import { settle, undo } from "./decision.ts"
import { Draft } from "./draft.ts"
import type { Entry } from "./entry.ts"
import { Portion } from "./portion.ts"
import type { Registry } from "./registry.ts"
import { Room } from "./room.ts"

export interface Sent {
  readonly entries: ReadonlyArray<Entry>
  readonly decisions: number
  readonly batch: Batch
}

const assert = (holds: boolean, broken: string): void => {
  if (!holds) throw new Error(`the line: ${broken}`)
}

/** Sooner than any time: no caller waits for it any more. */
const ANSWERED = Number.NEGATIVE_INFINITY

export class Line {
  /** Something waits. */
  readonly arrived = new Notify()
  readonly #registry: Registry
  readonly #lanes: Map<Lane, OwnedLane>
  readonly #becameDurable: (command: Command) => void
  readonly #draft: Draft
  #waiting: Array<Entry> = []
  /** No caller of a decision that waits gives up before this, ms since 1970. */
  #soonest = Number.POSITIVE_INFINITY
  #sent: Sent | null = null
  #durable: ReadonlyArray<Entry> = []
  #receipt: Receipt | null = null
  #undone: ReadonlyArray<Entry> = []
  readonly #portion: Portion

  constructor(
    lanes: ReadonlyArray<OwnedLane>,
    registry: Registry,
    /** Notified of each command whose decision has become durable, before its caller is answered. */
    becameDurable: (command: Command) => void,
    /** Decisions of a batch, at most. */
    batchSizeMax?: number,
  ) {
    this.#draft = new Draft(batchSizeMax)
    this.#portion = new Portion(batchSizeMax)
    this.#lanes = new Map(lanes.map((owned) => [owned.lane, owned]))
    this.#registry = registry
    this.#becameDurable = becameDurable
  }

  /** The lanes as the ledger has them. */
  get owned(): ReadonlyArray<OwnedLane> {
    return [...this.#lanes.values()]
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0
  }

  /** Memory shows nothing but what is durable. */
  get isDurable(): boolean {
    return this.#waiting.length === 0 && this.#sent === null
  }

  /** A turn was taken. */
  join(entry: Entry): void {
    this.#waiting.push(entry)
    if (entry.answerBy < this.#soonest) this.#soonest = entry.answerBy
    this.#draft.add(entry)
    this.arrived.notify()
  }

  /** What goes next, in order: decisions, and what waits between them; null: no decision, and it is durable as it is. */
  take(nextId: () => string): Sent | null {
    assert(this.#sent === null, "a batch is on its way")
    const { decisions, end } = this.#front(this.#portion.take())
    const entries = this.#waiting.splice(0, end)
    const batch = this.#build(entries, nextId)
    if (batch === null) this.#durable = [...this.#durable, ...entries]
    else this.#sent = { entries, decisions, batch }
    return this.#sent
  }

  #front(portion: number): { readonly decisions: number; readonly end: number } {
    const room = new Room(portion)
    let end = 0
    for (; end < this.#waiting.length; end++) {
      const outcome = this.#waiting[end]!.outcome!
      if (outcome._tag === "Decision" && !room.takes(outcome)) break
    }
    return { decisions: room.decisions, end }
  }

  #build(entries: ReadonlyArray<Entry>, nextId: () => string): Batch | null {
    const draft = this.#draft.take()
    if (draft !== null) return draft.build()
    const builder = new Builder(this.#lanes, nextId)
    for (const { outcome, trace } of entries) if (outcome?._tag === "Decision") builder.add(outcome, trace)
    return builder.build()
  }

  /** Puts the next batch together while this one is on its way. */
  draft(nextId: () => string): void {
    if (!this.#portion.isWhole) return
    const lanes = new Map(this.#lanes)
    for (const { epoch, lane, toSeq } of this.#expectSent().batch.lanes) lanes.set(lane, { lane, epoch, seq: toSeq })
    this.#draft.begin(new Builder(lanes, nextId), this.#waiting)
  }

  /** The batch that was sent is durable. Its callers are answered by `acknowledge`. */
  committed(receipt: Receipt): void {
    const { batch, decisions, entries } = this.#expectSent()
    assert(receipt.isFor(batch), "a receipt of another batch")
    assert(this.#durable.length === 0, "the last batch is not acknowledged")
    for (const { lane, toSeq } of batch.lanes) this.#lanes.set(lane, { ...this.#lanes.get(lane)!, seq: toSeq })
    this.#sent = null
    this.#portion.passed(decisions)
    this.#durable = entries
    this.#receipt = receipt
  }

  /** Answers the callers of all that is durable. */
  acknowledge(): void {
    const entries = this.#durable
    const receipt = this.#receipt
    this.#durable = []
    this.#receipt = null
    for (const entry of entries) {
      const outcome = entry.outcome!
      if (outcome._tag === "Decision") {
        settle(this.#registry, outcome)
        this.#becameDurable(entry.command)
        entry.accept(receipt!)
      } else entry.answer()
    }
  }

  /**
   * Memory goes back to what is durable: everything decided and not committed is taken back. What was sent is given out, what
   * waited behind it stays apart until it is decided again: callers that are answered in between may ask for more, and that
   * is decided already.
   */
  rewind(): ReadonlyArray<Entry> {
    assert(this.#durable.length === 0, "what is durable is not acknowledged")
    assert(this.#undone.length === 0, "what was taken back is not decided again")
    const { entries } = this.#expectSent()
    this.#sent = null
    this.#draft.drop()
    for (const { outcome } of entries) if (outcome?._tag === "Decision") undo(this.#registry, outcome)
    for (const { outcome } of this.#waiting) if (outcome?._tag === "Decision") undo(this.#registry, outcome)
    this.#undone = this.#waiting
    this.#waiting = []
    return entries
  }

  /** The caller of a decision that was not sent has given up, was answered, or is among those that have hung up. */
  isAnyDead(now: number, gone: ReadonlySet<string>): boolean {
    if (gone.size > 0 && this.#waiting.some(({ claim }) => claim !== null && gone.has(claim))) return true
    if (this.#soonest > now) return false
    this.#soonest = Number.POSITIVE_INFINITY
    for (const { answerBy, isAnswered, outcome } of this.#waiting)
      if (outcome!._tag === "Decision") this.#soonest = isAnswered ? ANSWERED : Math.min(this.#soonest, answerBy)
    return this.#soonest <= now
  }

  /** Memory goes back to what is durable while nothing is on its way: all that waits, to be decided again. */
  takeBack(): ReadonlyArray<Entry> {
    assert(this.#sent === null, "what is sent cannot be taken back")
    assert(this.#durable.length === 0, "what is durable is not acknowledged")
    this.#draft.drop()
    const entries = this.#waiting
    this.#waiting = []
    for (const { outcome } of entries) if (outcome?._tag === "Decision") undo(this.#registry, outcome)
    return entries
  }

  /** A rewind, because the database refuses a value of the batch: it is looked for by halves. */
  refused(): ReadonlyArray<Entry> {
    this.#portion.refused(this.#expectSent().decisions)
    return this.rewind()
  }

  /** What waits now goes next, without any that come later. */
  closeRanks(): void {
    this.#portion.limit(this.#waiting.filter(({ outcome }) => outcome!._tag === "Decision").length)
  }

  /** What waited behind the batch that was taken back: to be decided again. */
  takeUndone(): ReadonlyArray<Entry> {
    const entries = this.#undone
    this.#undone = []
    return entries
  }

  /** New epochs. */
  raised(lanes: ReadonlyArray<OwnedLane>): void {
    this.#draft.drop()
    for (const owned of lanes) this.#lanes.set(owned.lane, owned)
  }

  /** It is unknown what became of the batch on its way, or it does not matter any more: its callers are answered at once. */
  failSent(reason: UnavailableReason, fate: Fate): void {
    for (const entry of this.#sent?.entries ?? []) entry.fail(reason, fate)
  }

  /** What was never sent, and is not sent any more: it is dead from now on. */
  failWaiting(reason: UnavailableReason): void {
    for (const entry of this.#waiting) entry.fail(reason, "undecided")
    this.#soonest = ANSWERED
  }

  /** The batch on its way was our mistake. */
  die(defect: unknown): void {
    for (const entry of this.#sent?.entries ?? []) entry.die(defect)
  }

  /** The lanes are lost: nothing of it is sent any more. */
  abandon(): void {
    this.#sent = null
    this.#waiting = []
  }

  #expectSent(): Sent {
    if (this.#sent === null) throw new Error("the line: nothing is on its way")
    return this.#sent
  }
}
