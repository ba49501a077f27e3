/** The facts thread ends when it is asked to, also while what it needs cannot be reached. */

import { createServer } from "node:net"
import type { Worker as Thread } from "node:worker_threads"
import { Effect, Layer } from "effect"
import { expect, it } from "vitest"
import * as FactsThread from "../../../src/adapters/threads/facts/link.ts"
import { Wake } from "../../../src/app/outbox-relay.ts"
import { Notify } from "../../../src/std/notify.ts"
import * as RecordingProbe from "../../support/recording-probe.ts"

const entry = new URL("../../../src/facts-thread.ts", import.meta.url)

/** The exit code of the next thread that starts in this process: 0 when it ended by itself, 1 when it was terminated. */
const nextExit = () =>
  new Promise<number>((resolve) => process.once("worker", (thread: Thread) => thread.once("exit", resolve)))

it("a facts thread whose database cannot be reached ends by itself", async () => {
  // It takes connections and never says a word: as a database that hangs.
  const asked = Promise.withResolvers<void>()
  const silent = createServer(() => asked.resolve())
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve))
  const { port } = silent.address() as { readonly port: number }
  const databaseUrl = `postgres://jaego:jaego@127.0.0.1:${port}/jaego`
  const exit = nextExit()
  const facts = FactsThread.layer(entry, {
    databaseUrl,
    connections: 4,
    outboxRetentionHours: 72,
    idempotencyRetentionHours: 0,
    timelineRetentionHours: 0,
    audit: "off",
    kafka: null,
    shippingAfterMs: 0,
  })
  const needs = Layer.mergeAll(RecordingProbe.silent, Layer.succeed(Wake, new Notify()))
  await Effect.runPromise(
    Effect.scoped(
      Effect.andThen(
        Layer.build(Layer.provide(facts, needs)),
        Effect.promise(() => asked.promise),
      ),
    ),
  )
  expect(await exit).toBe(0)
  silent.close()
})
