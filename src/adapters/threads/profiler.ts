/**
 * Profiles of the main thread and of any other, by what node has for both.
 *
 * Limits: a heap snapshot stops its thread while it is written, a second for some 100 MB, and has in it whatever the thread has,
 * customers included: the file is readable for this user only.
 */
import { createWriteStream } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pipeline } from "node:stream/promises"
import { getHeapSnapshot, startCpuProfile } from "node:v8"
import type { Worker as Thread } from "node:worker_threads"
import { Clock, Effect, Layer, Semaphore } from "effect"
import { Profiler, type Taken, type Wanted } from "../../ports/profiler.ts"

/** Between two samples of the processor (ms): one in a hundred of its time. */
const SAMPLE_MS = 1

const PRIVATE = 0o600

interface Profiled {
  readonly startCpuProfile: Thread["startCpuProfile"]
  readonly getHeapSnapshot: Thread["getHeapSnapshot"]
}

const main: Profiled = {
  startCpuProfile: async (options) => {
    const handle = startCpuProfile(options)
    const stop = async () => handle.stop()
    return { stop, [Symbol.asyncDispose]: async () => void handle.stop() }
  },
  getHeapSnapshot: async () => getHeapSnapshot(),
}

/** The threads of this process, by name; of two with one name the younger. */
const threads = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => {
      const found = new Map<string, Profiled>([["main", main]])
      const add = (thread: Thread) => {
        const name = thread.threadName ?? ""
        found.set(name, thread)
        thread.once("exit", () => {
          if (found.get(name) === thread) found.delete(name)
        })
      }
      process.on("worker", add)
      return { add, found }
    }),
    ({ add }) => Effect.sync(() => process.off("worker", add)),
  ),
  ({ found }) => found,
)

/** Ends with the effect, also when that is interrupted. */
const sampled = (thread: Profiled, seconds: number) =>
  Effect.acquireUseRelease(
    Effect.promise(() => thread.startCpuProfile({ sampleInterval: SAMPLE_MS })),
    (handle) =>
      Effect.andThen(
        Effect.sleep(seconds * 1_000),
        Effect.promise(() => handle.stop()),
      ),
    (handle, exit) => (exit._tag === "Success" ? Effect.void : Effect.ignoreCause(Effect.promise(() => handle.stop()))),
  )

const folder = Effect.promise(() => mkdtemp(join(tmpdir(), "jaego-profile-")))

const written = Effect.fnUntraced(function* (thread: Profiled, { kind, seconds }: Wanted, path: string) {
  if (kind === "cpu") {
    const profile = yield* sampled(thread, seconds)
    return yield* Effect.promise(() => writeFile(path, profile, { mode: PRIVATE }))
  }
  yield* Effect.promise(async () =>
    pipeline(await thread.getHeapSnapshot(), createWriteStream(path, { mode: PRIVATE })),
  )
})

const EXTENSIONS = { cpu: "cpuprofile", heap: "heapsnapshot" } as const

/** For threads that start after it was built. */
export const layer: Layer.Layer<Profiler> = Layer.effect(
  Profiler,
  Effect.gen(function* () {
    const found = yield* threads
    const one = yield* Semaphore.make(1)
    const absent = (): Taken => ({ _tag: "NoThread", threads: [...found.keys()].sort() })
    const take = Effect.fnUntraced(function* (wanted: Wanted) {
      const thread = found.get(wanted.thread)
      if (thread === undefined) return absent()
      const at = new Date(yield* Clock.currentTimeMillis).toISOString().replaceAll(/[:.]/g, "-")
      const name = `jaego-${wanted.thread}-${at}.${EXTENSIONS[wanted.kind]}`
      const home = yield* folder
      const path = join(home, name)
      return yield* written(thread, wanted, path).pipe(
        Effect.as<Taken>({ _tag: "Taken", path, name }),
        Effect.onExit(({ _tag }) =>
          _tag === "Success" ? Effect.void : Effect.promise(() => rm(home, { recursive: true, force: true })),
        ),
        // A thread that ends meanwhile takes its profile with it.
        Effect.catchDefect(() => Effect.sync(absent)),
      )
    })
    return {
      take: (wanted) =>
        Effect.map(
          one.withPermitsIfAvailable(1)(take(wanted)),
          (taken): Taken => (taken._tag === "Some" ? taken.value : { _tag: "Busy" }),
        ),
    }
  }),
)
