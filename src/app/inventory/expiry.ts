/**
 * Expiry: ends holds on time. It knows the deadlines of the next half minute and reads the later ones from the
 * ledger, so that they are found again after a restart: from a low-water mark on, because what has ended stays in the index while any
 * snapshot is open. What comes behind the mark (a declined charge gives its order back to a deadline that has passed) is in memory;
 * what memory has lost is found by the next look from the beginning.
 */
import { Clock, Effect, Exit, Schedule } from "effect"
import type { Command } from "../../ports/inventory.ts"
import { Ledger } from "../../ports/ledger.ts"
import { Probe } from "../../ports/probe.ts"
import type { OrderReply } from "../../ports/workers.ts"
import { LowWaterMark } from "../../std/low-water-mark.ts"
import { announceEnd } from "../announce.ts"
import type { Deadline } from "./deadlines.ts"
import { DEADLINE_HORIZON_MS, DEADLINES_MAX } from "./limits.ts"
import type { Owner } from "./owner.ts"

/** What could not be ended now is tried again after this (ms). */
const RETRY_MS = 500

/** A deadline lies ahead of the decision that sets it, which is durable by then: what a caller waits for at most (ms). */
const LAG_MS = 15_000

/** `ended` is called for orders that ended here and have holds elsewhere. Runs until interrupted. */
export const run = Effect.fnUntraced(function* (owner: Owner, ended: (reply: OrderReply) => void) {
  const ledger = yield* Ledger
  const probe = yield* Probe
  const clock = yield* Clock.Clock
  const now = () => clock.currentTimeMillisUnsafe()
  const anyLane = owner.lanes[0]!
  const mark = new LowWaterMark(LAG_MS)

  const end = (deadline: Deadline): void => {
    const { kind, orderId } = deadline
    // The order's home may have accepted the hold in the ledger; what memory calls tentative must be read again.
    if (kind === "lapse") owner.forgetHolds(orderId)
    const command: Command =
      kind === "expiry"
        ? { _tag: "ExpireOrder", orderId, voided: "not-voided" }
        : { _tag: "EndHolds", orderId, lane: anyLane, ending: "lapse" }
    owner.submit(command, (exit) => {
      if (Exit.isFailure(exit)) {
        // A defect is not mended by asking again at once: the next scan finds it.
        if (Exit.hasDies(exit)) return
        owner.deadlines.add({ ...deadline, at: now() + RETRY_MS })
        owner.deadlineChanged.notify()
        return
      }
      const { reply } = exit.value
      if (reply._tag !== "Order") return
      announceEnd(probe, command, reply.order)
      if (reply.elsewhere.length > 0) ended(reply)
    })
  }

  const scan = Effect.gen(function* () {
    const before = now() + DEADLINE_HORIZON_MS
    const look = mark.begin(now())
    const due = yield* ledger.due(owner.lanes, Math.min(look.since, owner.deadlines.horizon), before, DEADLINES_MAX)
    const expiries = due.expiries.map(({ orderId, expiresAt }) => ({ kind: "expiry" as const, orderId, at: expiresAt }))
    const lapses = due.lapses.map(({ orderId, lapsesAt }) => ({ kind: "lapse" as const, orderId, at: lapsesAt }))
    const seen = [expiries, lapses].map((list) => (list.length < DEADLINES_MAX ? before : list.at(-1)!.at))
    owner.deadlines.merge([...expiries, ...lapses], Math.min(...seen))
    const oldest = Math.min(...[expiries, lapses].flatMap((list) => (list[0] === undefined ? [] : list[0].at)))
    mark.reached(look, oldest, now())
  }).pipe(Effect.retry(Schedule.spaced(RETRY_MS)))

  return yield* Effect.gen(function* () {
    let scannedAt = Number.NEGATIVE_INFINITY
    // A scan that was cut short, or a deadline that found no room, has brought the horizon nearer: what lies beyond it is unknown.
    const nextScan = () =>
      Math.max(scannedAt + RETRY_MS, Math.min(scannedAt + DEADLINE_HORIZON_MS / 2, owner.deadlines.horizon))
    for (;;) {
      if (now() >= nextScan()) {
        yield* scan
        scannedAt = now()
      }
      for (let due = owner.deadlines.takeDue(now()); due !== null; due = owner.deadlines.takeDue(now())) end(due)
      const next = Math.min(owner.deadlines.soonest ?? nextScan(), nextScan())
      yield* Effect.raceFirst(Effect.sleep(Math.max(0, next - now())), owner.deadlineChanged.wait)
    }
  })
})
