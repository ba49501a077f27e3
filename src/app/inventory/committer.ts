/**
 * The committer: takes all that waits in the line, commits it in one transaction, and answers all callers in it. One commit in
 * flight.
 *
 * Law: I3, I4, I10. Never interrupted while a commit is under way: a caller that hangs up must not cancel what others
 * share. A lost answer is `unknown`, never `failed`: the lanes' seq shows which it was.
 *
 *     committed  -> the next batch is sent, then settle and answer
 *     contested  -> nothing was written: what is taken goes back to the gate, the rest is decided again
 *     unstorable -> nothing was written: the decision with the value that the database refuses is found by halves, and dies alone
 *     down       -> nothing was written: `Unavailable` for the batch, decide what waited behind it again
 *     unknown    -> raise our own epochs (waits for the old commit, bars it for ever), then: seq moved? committed : again
 *     fenced     -> stop; another owner has the lanes
 *     defect     -> we were wrong: the batch dies, and the owner with it; the lanes are taken anew
 */
import { Clock, Deferred, Effect, Fiber, Result, Schedule } from "effect"
import type { Fate } from "../../ports/failures.ts"
import { Ids } from "../../ports/ids.ts"
import { type CommitFailure, type CommitResult, Ledger, type OwnedLane } from "../../ports/ledger.ts"
import { Probe } from "../../ports/probe.ts"
import * as Traceparent from "../../std/traceparent.ts"
import type { Entry } from "./entry.ts"
import { UNKNOWN_PATIENCE_MS } from "./limits.ts"
import type { Sent } from "./line.ts"
import type { Owner } from "./owner.ts"
import * as Spans from "./spans.ts"

/** A commit is sent at once, and is never interrupted. */
const SENT = { startImmediately: true, uninterruptible: true } as const

type Contested = Extract<CommitResult, { readonly _tag: "Contested" }>

/** What the committer of one owner works with. */
interface Committer {
  readonly owner: Owner
  readonly ledger: Ledger["Service"]
  readonly probe: Probe["Service"]
  readonly nextId: () => string
  readonly now: () => number
  /** The number it is counted under. */
  readonly worker: number
  readonly fenced: Deferred.Deferred<void>
}

/** `fenced` completes when the owner has to stop. Runs until interrupted, or the owner is abandoned. */
export const run = Effect.fnUntraced(function* (owner: Owner, worker: number, fenced: Deferred.Deferred<void>) {
  const clock = yield* Clock.Clock
  const committer: Committer = {
    owner,
    ledger: yield* Ledger,
    probe: yield* Probe,
    nextId: (yield* Ids).next,
    now: () => clock.currentTimeMillisUnsafe(),
    worker,
    fenced,
  }
  return yield* Effect.ensuring(
    whileOwned(committer),
    Effect.sync(() => owner.line.acknowledge()),
  )
})

/** A batch after the other, as long as something waits. */
const whileOwned = Effect.fnUntraced(function* (committer: Committer) {
  const { owner } = committer
  while (!owner.isAbandoned) {
    yield* owner.line.arrived.wait
    while (owner.line.isWaiting && !owner.isAbandoned) yield* Effect.uninterruptible(commitNext(committer))
  }
})

const commitNext = Effect.fnUntraced(function* (committer: Committer) {
  const { ledger, nextId, now, owner } = committer
  const { line } = owner
  owner.dropDead()
  const sent = line.take(nextId)
  if (sent === null) return line.acknowledge()
  const started = now()
  const commit = yield* Effect.forkChild(Effect.result(ledger.commit(sent.batch)), SENT)
  line.draft(nextId)
  // This batch is on its way: while the ledger works, the callers of the last one hear.
  line.acknowledge()
  const result = yield* Fiber.join(commit).pipe(
    Effect.catchDefect((defect) => Effect.as(broken(committer, defect), null)),
  )
  if (result === null) return
  if (Result.isFailure(result)) return yield* failed(committer, sent, result.failure)
  if (result.success._tag === "Contested") return yield* contested(committer, sent, result.success)
  committed(committer, sent, result.success, started)
})

const committed = (
  { now, owner: { hot, line, watch }, probe, worker }: Committer,
  sent: Sent,
  { receipt }: Extract<CommitResult, { readonly _tag: "Committed" }>,
  started: number,
): void => {
  const { batch, decisions, entries } = sent
  const ended = now()
  // Before its callers are answered, which ends their spans.
  const traced = Spans.committed(sent, worker, started, ended)
  if (traced !== null) probe.emit({ _tag: "SpanEnded", span: traced })
  line.committed(receipt)
  watch.committed(batch.stocks)
  hot.committed(batch.stocks)
  // Otherwise the next batch is sent first.
  if (!line.isWaiting) line.acknowledge()
  probe.emit({
    _tag: "BatchCommitted",
    worker,
    decisions,
    seconds: (ended - started) / 1_000,
    waitMs: started - entries.at(-1)!.since,
    ...(traced === null ? {} : { traceId: Traceparent.traceId(traced.context) }),
  })
}

const failed = (committer: Committer, sent: Sent, error: CommitFailure): Effect.Effect<unknown> => {
  const { owner, probe, worker } = committer
  switch (error._tag) {
    case "StaleOwner":
      return fence(committer, "undecided")
    case "CommitUnknown":
      probe.emit({ _tag: "CommitFailed", worker, outcome: "unknown", detail: error.detail })
      return findOut(committer, sent)
    case "Unstorable":
      probe.emit({ _tag: "CommitFailed", worker, outcome: "unstorable", detail: error.detail })
      return unstorable(committer, sent, error.detail)
    case "LedgerDown":
      probe.emit({ _tag: "CommitFailed", worker, outcome: "down", detail: error.detail })
      owner.fail(owner.line.rewind(), "database")
      return Effect.sync(() => owner.decideAgain([]))
  }
}

/** Innocents do not share its fate: they are decided again, and committed in smaller batches until it is found. */
const unstorable = Effect.fnUntraced(function* ({ owner }: Committer, { decisions }: Sent, detail: string) {
  const entries = owner.line.refused()
  if (decisions === 1)
    for (const entry of entries)
      if (entry.outcome?._tag === "Decision") {
        yield* Effect.logError(`the database refuses a value of ${entry.command._tag}: ${detail}`)
        entry.die(new Error(`the database refuses a value of ${entry.command._tag}`))
      }
  owner.decideAgain(entries)
})

/** `fate`: of the batch. */
const fence = ({ fenced, owner, probe, worker }: Committer, fate: Fate) => {
  probe.emit({ _tag: "CommitFenced", worker })
  owner.abandon(fate)
  return Deferred.succeed(fenced, undefined)
}

/** We were wrong: the ledger was asked for what may not be. What memory is worth is unknown now. */
const broken = Effect.fnUntraced(function* ({ fenced, owner }: Committer, defect: unknown) {
  yield* Effect.logError("a batch breaks the ledger's rules; its owner stops", defect)
  owner.line.die(defect)
  owner.abandon("undecided")
  yield* Deferred.succeed(fenced, undefined)
})

const contested = (committer: Committer, { entries }: Sent, contest: Contested): Effect.Effect<unknown> => {
  const { owner, probe, worker } = committer
  // The contest is looked up before the fence: a stale owner may hear of it first.
  if (entries.some((entry) => isBehind(entry, contest))) return fence(committer, "undecided")
  probe.emit({ _tag: "CommitContested", worker })
  const again = owner.line.rewind()
  for (const entry of again) giveWay(owner, entry, contest)
  owner.decideAgain(again)
  return Effect.void
}

/** Only we change the holds of our own orders: if they are not as they were, another owner has them now. */
const isBehind = ({ command, outcome }: Entry, { changedHolds }: Contested): boolean =>
  outcome?._tag === "Decision" &&
  "orderId" in command &&
  command._tag !== "PlaceOrder" &&
  command._tag !== "EndHolds" &&
  changedHolds.includes(command.orderId)

/** What the contest means for one entry, before all are decided again. */
const giveWay = (owner: Owner, entry: Entry, { boundKeys, changedHolds, takenSkus }: Contested): void => {
  const { command, outcome } = entry
  if (outcome?._tag !== "Decision") return
  const isTaken = command._tag === "CreateProduct" && takenSkus.includes(command.product.sku)
  // Bound by another worker since it was found free: the gate looks it up once more, and has the answer.
  if (isTaken || (outcome.key !== null && boundKeys.includes(entry.claim!))) return entry.turnGate("shut")
  if (!("orderId" in command) || !changedHolds.includes(command.orderId)) return
  // A sibling's hold lapsed before acceptance: nothing happened, the buyer may come again.
  if (command._tag === "PlaceOrder") return entry.fail("hold-lapsed", "undecided")
  // The home of the order accepted or ended it meanwhile: look again.
  if (command._tag === "EndHolds") owner.forgetHolds(command.orderId)
}

/** The lanes with new epochs, however long it takes; `null`: they belong to another owner. */
const raiseAll = ({ ledger, owner }: Committer): Effect.Effect<ReadonlyArray<OwnedLane> | null> =>
  Effect.suspend(() => ledger.raise(owner.line.owned)).pipe(
    Effect.retry({ schedule: Schedule.spaced("100 millis"), while: (error) => error._tag === "LedgerDown" }),
    Effect.catch(() => Effect.succeed(null)),
  )

/** The callers of a batch wait for so long for the truth about it. */
const patience = Effect.fnUntraced(function* (owner: Owner) {
  yield* Effect.sleep(UNKNOWN_PATIENCE_MS)
  owner.line.failSent("database", "unknown")
  owner.failUnsent("database")
  return yield* Effect.never
})

const findOut = Effect.fnUntraced(function* (committer: Committer, { batch }: Sent) {
  const { ledger, owner } = committer
  const { line } = owner
  owner.pause()
  // Asking for the truth changes nothing: unlike a commit it may be interrupted, when the owner has to end (`Owner.end`).
  const lanes = yield* Effect.interruptible(Effect.raceFirst(raiseAll(committer), patience(owner)))
  if (lanes === null) return yield* fence(committer, "unknown")
  line.raised(lanes)
  owner.resume()
  const receipt = ledger.receiptOf(batch, lanes)
  if (receipt !== null) {
    line.committed(receipt)
    owner.watch.committed(batch.stocks)
    return line.acknowledge()
  }
  const again = line.rewind()
  // A batch that does nothing but bind keys moves no seq.
  if (batch.facts.length === 0) for (const entry of again) entry.doubt()
  owner.decideAgain(again)
})
