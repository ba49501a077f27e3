/**
 * The main thread's end of the facts thread: starts it, wakes it after commits, takes its happenings, starts it again
 * when it dies, and lets it drain at the end. No order waits for it.
 *
 * Law: what it had not advanced over when it died leaves again with the next one.
 */
import { Worker as Thread } from "node:worker_threads"
import { Deferred, Effect, Fiber, Layer } from "effect"
import { DRAIN_MS as RELAY_DRAIN_MS, Wake } from "../../../app/outbox-relay.ts"
import { Probe } from "../../../ports/probe.ts"
import * as Supervisor from "../supervisor.ts"
import type { FactsSettings, FromFacts, ToFacts } from "./messages.ts"

/** A thread that does not end by itself after this is terminated (ms): its relay has given up its own drain long before. */
export const DRAIN_MS = RELAY_DRAIN_MS + Supervisor.ENDING_MS

/** One wake for the commits of so long a time (ms): below the relay's own pace. */
const WAKE_MS = 10

/** Before a thread that died is replaced for the first time (ms). */
const PAUSE_MS = 100

/** `entry`: the module the thread runs. */
export const layer = (entry: URL, settings: FactsSettings) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const probe = yield* Probe
      const wake = yield* Wake
      let current: Thread | null = null
      const closing = yield* Deferred.make<void>()
      const send = (message: ToFacts): void => current?.postMessage(JSON.stringify(message))

      /** One life of the thread; ends with what it died of. */
      const life = Effect.callback<unknown>((resume) => {
        let error: unknown = null
        const thread = new Thread(entry, { name: "facts", workerData: settings })
        thread.on("message", (text: string) => {
          for (const happening of JSON.parse(text) as FromFacts) probe.emit(happening)
        })
        thread.on("error", (cause) => {
          error = cause
        })
        thread.on("exit", () => {
          current = null
          resume(Effect.succeed(error))
        })
        current = thread
        return Effect.promise(() => thread.terminate())
      })

      const died = (error: unknown) => {
        probe.emit({ _tag: "FactsThreadDied" })
        return Effect.logError("the facts thread died and is replaced", error)
      }
      const running = yield* Effect.forkScoped(Supervisor.keepAlive({ life, closing, died, pauseMs: PAUSE_MS }))
      const waking = Effect.andThen(
        wake.wait,
        Effect.sync(() => send({ _tag: "Wake" })),
      )
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(waking, Effect.sleep(WAKE_MS))))
      yield* Effect.addFinalizer(() =>
        Effect.suspend(() => {
          Deferred.doneUnsafe(closing, Effect.void)
          send({ _tag: "Drain" })
          return current === null ? Effect.void : Effect.timeoutOption(Fiber.await(running), DRAIN_MS)
        }),
      )
    }),
  )
