/**
 * Runs what the HTTP threads ask of the shop, in the main thread, and keeps the idempotency keys that are under way in any
 * of them.
 *
 * Law: a call with a key is carried to its end also when its caller is gone, and no other call with that key runs meanwhile. Any
 * other call ends with its caller.
 * Fails: of two calls that race with one key, in whichever threads, the second is refused (`KeyInProgress`).
 */
import { Effect, type Exit, Fiber } from "effect"
import { Shop } from "../../../app/shop.ts"
import type { Unavailable } from "../../../ports/failures.ts"
import { type Claim, claimName, Refused } from "../../../ports/inventory.ts"
import { AtLeast, parse } from "../../../ports/position.ts"
import { KeysInFlight } from "../../../std/keys-in-flight.ts"
import { Slab } from "../../../std/slab.ts"
import type { Call, Pages, Question } from "./messages.ts"

type Answering = (exit: Exit.Exit<unknown, Refused | Unavailable>) => void
type Running = Effect.Effect<unknown, Refused | Unavailable>

/** Every entry that takes a key takes it in its request. */
const claimOf = ([request]: ReadonlyArray<unknown>): Claim | null =>
  typeof request === "object" && request !== null && "claim" in request ? (request.claim as Claim | null) : null

/** What is still under way when the scope closes is interrupted. */
export const make = Effect.fnUntraced(function* (pages: Pages) {
  const entries = { ...(yield* Shop), ...pages }
  const fork = Effect.runForkWith(yield* Effect.context<never>())
  const fibers = new Slab<Fiber.Fiber<unknown, unknown>>()
  yield* Effect.addFinalizer(() => Effect.suspend(() => Fiber.interruptAll(fibers.list())))
  const keys = new KeysInFlight()

  const answered = (question: Question, args: ReadonlyArray<unknown>): Running =>
    // The compiler cannot follow that an entry is called with what was given for that same entry.
    (entries[question] as (...args: ReadonlyArray<unknown>) => Running)(...args)

  const once = (claim: Claim, running: Running): Running =>
    keys.run(
      claimName(claim),
      running,
      Effect.suspend(() => Effect.fail(new Refused({ _tag: "KeyInProgress", key: claim.key }))),
    )

  /** What stops the call; null: it runs to its end. */
  return ({ args, position, question }: Call, answer: Answering): (() => void) | null => {
    const claim = claimOf(args)
    const called = Effect.suspend(() => answered(question, args))
    const running = position === undefined ? called : Effect.provideService(called, AtLeast, parse(position))
    const fiber = fork(claim === null ? running : once(claim, running))
    const ticket = fibers.put(fiber)
    fiber.addObserver((exit) => {
      fibers.take(ticket)
      answer(exit)
    })
    return claim === null ? () => fiber.interruptUnsafe() : null
  }
})
