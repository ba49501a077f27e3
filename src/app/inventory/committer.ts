/**
 * The committer: takes all that waits, commits it in one transaction, wakes everyone in it. One commit in flight.
 *
 * Law: I3, I4, I10. Never interrupted while a commit is under way: a caller that hangs up must not cancel what others
 * share. A lost answer is `unknown`, never `failed`: the lanes' seq tells which it was.
 *
 *     committed  -> the next batch is sent, then settle and answer
 *     contested  -> nothing was written: answer what is known, decide the rest again
 *     down       -> nothing was written: `Unavailable` for the batch, decide what waited behind it again
 *     unknown    -> raise our own epochs (waits for the old commit, bars it for ever), then: seq moved? committed : again
 *     fenced     -> stop; somebody else owns the lanes
 *     defect     -> we were wrong: the batch dies, and the owner with it; the lanes are taken anew
 */
import { Clock, Deferred, Effect, Fiber, Result, Schedule } from "effect"
import type { Lane } from "../../domain/lane.ts"
import type { Fate } from "../../ports/failures.ts"
import { Ids } from "../../ports/ids.ts"
import { type Batch, type CommitResult, type KnownKey, Ledger, type OwnedLane } from "../../ports/ledger.ts"
import { Probe } from "../../ports/probe.ts"
import { Builder } from "./batch.ts"
import { boundTo } from "./claim.ts"
import { claimOf } from "./commands.ts"
import { UNKNOWN_PATIENCE_MS } from "./limits.ts"
import { decisionsOf, type Entry, type Owner } from "./owner.ts"

/** A commit is sent at once, and is nobody's to interrupt. */
const SENT = { startImmediately: true, uninterruptible: true } as const

type Contested = Extract<CommitResult, { readonly _tag: "Contested" }>

/** What was drafted of these entries while they waited, and what can be said only now. */
const build = (owner: Owner, entries: ReadonlyArray<Entry>, nextId: () => string): Batch | null => {
  const draft = owner.draft.take()
  const builder = draft ?? new Builder(owner.lanes, nextId)
  for (const entry of entries) {
    const outcome = entry.outcome!
    if (outcome._tag === "Decision") {
      if (outcome.key !== null) owner.binds(entry.claim!)
      if (draft === null) builder.add(outcome)
    } else if (owner.asks(entry)) builder.ask(claimOf(entry.command)!)
  }
  return builder.build()
}

/** The lanes with new epochs, however long it takes; `null`: they belong to somebody else. */
const raiseAll = (ledger: Ledger["Service"], owner: Owner): Effect.Effect<ReadonlyArray<OwnedLane> | null> =>
  Effect.suspend(() => ledger.raise([...owner.lanes.values()])).pipe(
    Effect.retry({ schedule: Schedule.spaced("100 millis"), while: (error) => error._tag === "LedgerDown" }),
    Effect.catch(() => Effect.succeed(null)),
  )

/** `worker`: the number it is counted under. `fenced` completes when the owner has to stop. Runs until interrupted. */
export const run = Effect.fnUntraced(function* (owner: Owner, worker: number, fenced: Deferred.Deferred<void>) {
  const ledger = yield* Ledger
  const probe = yield* Probe
  const ids = yield* Ids
  const clock = yield* Clock.Clock

  const untold = new Untold(owner)

  const fence = (entries: ReadonlyArray<Entry>, fate: Fate) => {
    probe.emit({ _tag: "CommitFenced", worker })
    owner.abandon(entries, fate)
    return Deferred.succeed(fenced, undefined)
  }

  const contested = (result: Contested, entries: ReadonlyArray<Entry>) =>
    Effect.suspend(() => {
      // The contest is looked up before the fence: a stale owner may hear of it first.
      if (entries.some((entry) => isBehind(entry, result))) return fence(entries, "undecided")
      probe.emit({ _tag: "CommitContested", worker })
      owner.rewind(entries)
      for (const entry of entries) settleContested(owner, entry, result)
      owner.decideAgain(entries)
      return Effect.void
    })

  /** We were wrong: the ledger was asked for what may not be. Nobody knows what memory is worth now. */
  const broken = Effect.fnUntraced(function* (entries: ReadonlyArray<Entry>, defect: unknown) {
    yield* Effect.logError("a batch breaks the ledger's rules; its owner stops", defect)
    for (const entry of entries) owner.die(entry, defect)
    owner.abandon([], "undecided")
    yield* Deferred.succeed(fenced, undefined)
  })

  const findOut = Effect.fnUntraced(function* (batch: Batch, entries: ReadonlyArray<Entry>) {
    owner.pause()
    const patience = Effect.sleep(UNKNOWN_PATIENCE_MS).pipe(
      Effect.andThen(Effect.sync(() => owner.failAll(entries, "database", "unknown"))),
    )
    // Asking for the truth changes nothing: unlike a commit it may be interrupted, when the service has to stop.
    const lanes = yield* Effect.raceFirst(raiseAll(ledger, owner), Effect.andThen(patience, Effect.never)).pipe(
      Effect.onInterrupt(() => Effect.sync(() => owner.failAll(entries, "draining", "unknown"))),
      Effect.interruptible,
    )
    if (lanes === null) return yield* fence(entries, "unknown")
    const happened = didCommit(batch, lanes)
    for (const owned of lanes) owner.lanes.set(owned.lane, owned)
    owner.resume()
    if (happened) settleLate(owner, entries)
    owner.rewind(happened ? [] : entries)
    owner.decideAgain(entries)
  })

  const commitOnce = Effect.fnUntraced(function* () {
    const entries = owner.takeBatch()
    const batch = build(owner, entries, ids.next)
    if (batch === null) return untold.tell(entries)
    const started = clock.currentTimeMillisUnsafe()
    const commit = yield* Effect.forkChild(Effect.result(ledger.commit(batch)), SENT)
    owner.beginDraft(new Builder(lanesAfter(owner, batch), ids.next))
    // This batch is on its way: while the ledger works, the callers of the last one hear.
    untold.tell()
    const result = yield* Fiber.join(commit).pipe(
      Effect.catchDefect((defect) => Effect.as(broken(entries, defect), null)),
    )
    if (result === null) return
    if (Result.isFailure(result)) {
      const error = result.failure
      if (error._tag === "StaleOwner") return yield* fence(entries, "undecided")
      const isUnknown = error._tag === "CommitUnknown"
      probe.emit({ _tag: "CommitFailed", worker, outcome: isUnknown ? "unknown" : "down" })
      if (isUnknown) return yield* findOut(batch, entries)
      owner.rewind(entries)
      owner.fail(entries, "database")
      return owner.decideAgain([])
    }
    if (result.success._tag === "Contested") return yield* contested(result.success, entries)
    advance(owner, batch)
    untold.keep(entries, result.success.known)
    if (owner.pending === 0) untold.tell()
    const seconds = (clock.currentTimeMillisUnsafe() - started) / 1_000
    probe.emit({ _tag: "BatchCommitted", worker, decisions: decisionsOf(entries).length, seconds })
  })

  return yield* Effect.ensuring(
    whenever(owner, commitOnce),
    Effect.sync(() => untold.tell()),
  )
})

/** A batch after the other, as long as something waits; until the owner is no more. */
const whenever = Effect.fnUntraced(function* (owner: Owner, commitOnce: () => Effect.Effect<unknown>) {
  const ended = Effect.sync(() => owner.batchEnded())
  while (!owner.abandoned) {
    yield* owner.toCommit.wait
    while (owner.pending > 0 && !owner.abandoned) yield* Effect.uninterruptible(Effect.ensuring(commitOnce(), ended))
  }
})

/** What is durable, and whose callers have not heard yet: they do as soon as the next batch is on its way, or none is. */
class Untold {
  readonly #owner: Owner
  #entries: ReadonlyArray<Entry> = []
  #known: ReadonlyArray<KnownKey> = []

  constructor(owner: Owner) {
    this.#owner = owner
  }

  keep(entries: ReadonlyArray<Entry>, known: ReadonlyArray<KnownKey>): void {
    this.#entries = entries
    this.#known = known
  }

  /** Them, and then `more`, who had nothing to write. */
  tell(more: ReadonlyArray<Entry> = []): void {
    const entries = this.#entries
    this.#entries = []
    for (const entry of entries) this.#owner.answerDurable(entry, this.#known)
    for (const entry of more) this.#owner.answerDurable(entry, [])
  }
}

const advance = (owner: Owner, { lanes }: Batch): void => {
  for (const { lane, epoch, toSeq } of lanes) owner.lanes.set(lane, { lane, epoch, seq: toSeq })
}

/** If the batch commits. */
const lanesAfter = (owner: Owner, { lanes }: Batch): ReadonlyMap<Lane, OwnedLane> => {
  const after = new Map(owner.lanes)
  for (const { lane, epoch, toSeq } of lanes) after.set(lane, { lane, epoch, seq: toSeq })
  return after
}

/** Every commit that changes anything moves a seq of a lane that nobody else moves. */
const didCommit = (batch: Batch, lanes: ReadonlyArray<OwnedLane>): boolean =>
  batch.lanes.some(
    ({ lane, fromSeq, toSeq }) => toSeq > fromSeq && lanes.find((owned) => owned.lane === lane)?.seq === toSeq,
  )

/** Nobody else changes the holds of our own orders: if they are not as they were, somebody else owns them now. */
const isBehind = ({ command, outcome }: Entry, { changedHolds }: Contested): boolean =>
  outcome?._tag === "Decision" &&
  "orderId" in command &&
  command._tag !== "PlaceOrder" &&
  command._tag !== "EndHolds" &&
  changedHolds.includes(command.orderId)

/** Answers those whom the contest concerns; the others are left to be decided again. */
const settleContested = (owner: Owner, entry: Entry, { known, takenSkus, changedHolds }: Contested): void => {
  const { command, outcome } = entry
  const bound = boundTo(claimOf(command), known)
  if (bound !== undefined) return owner.replay(entry, bound)
  if (command._tag === "CreateProduct" && takenSkus.includes(command.product.sku))
    return owner.refuse(entry, { _tag: "SkuTaken", sku: command.product.sku })
  if (!("orderId" in command) || !changedHolds.includes(command.orderId) || outcome?._tag !== "Decision") return
  // A sibling's hold lapsed before acceptance: nothing happened, the buyer may come again.
  if (command._tag === "PlaceOrder") return owner.fail([entry], "hold-lapsed")
  // The home of the order accepted or ended it meanwhile: look again.
  if (command._tag === "EndHolds") owner.registry.holds.delete(command.orderId)
}

/** The commit had happened: as usual, only that refusals with a key still have to ask for it. */
const settleLate = (owner: Owner, entries: ReadonlyArray<Entry>): void => {
  for (const entry of entries) if (!owner.asks(entry)) owner.answerDurable(entry, [])
}
