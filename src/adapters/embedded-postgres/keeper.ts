/**
 * Keeps one postmaster running: started on a free port, started again on the same port when it dies unasked, so that
 * every URL that was given out stays true. A service with an embedded database has no supervisor that could do it.
 *
 * Limits: 20 s for the first start; a dead one is tried again for ever, once a second.
 */
import type { ChildProcess } from "node:child_process"
import { Effect } from "effect"
import { logOf } from "./data-folder.ts"
import * as Postmaster from "./postmaster.ts"
import { EmbeddedUnusable } from "./unusable.ts"

/** What can be in the way after a crash (backends that have not noticed yet, a port taken meanwhile) is gone by then. */
const READY_WITHIN_MS = 20_000

const RETRY_MS = 200

/** Pause before a postmaster that does not come up (a full disk) is started again. */
const RESTART_PAUSE = "1 second"

export class Keeper {
  readonly #launch: Omit<Postmaster.Launch, "port">
  #child: ChildProcess | null = null
  #port = 0
  #stopping = false

  constructor(launch: Omit<Postmaster.Launch, "port">) {
    this.#launch = launch
  }

  get port(): number {
    return this.#port
  }

  get pid(): number {
    return this.#child!.pid!
  }

  /** The first start: on any free port. */
  async start(): Promise<void> {
    for (const end = Date.now() + READY_WITHIN_MS; ; await Postmaster.pause(RETRY_MS)) {
      this.#port = await Postmaster.freePort()
      const failed = await this.#try()
      if (failed === null) return
      if (Date.now() >= end || failed.includes("incompatible"))
        throw new EmbeddedUnusable({
          message: `the embedded Postgres under ${this.#launch.place.home} does not start: ${failed}`,
        })
    }
  }

  /** Null: it runs. */
  async #try(): Promise<string | null> {
    if (this.#stopping) return "it is to stop"
    try {
      return await this.#start()
    } catch (error) {
      return (error as Error).message
    }
  }

  async #start(): Promise<string | null> {
    const started = await Postmaster.start({ ...this.#launch, port: this.#port }, (child) => {
      this.#child = child
      if (child.pid === undefined) return
      const watchdog = Postmaster.watch(child.pid)
      child.once("exit", watchdog.dismiss)
    })
    return "failed" in started ? started.failed : null
  }

  /** Runs until interrupted. */
  readonly keepRunning: Effect.Effect<never> = Effect.gen({ self: this }, function* () {
    for (;;) {
      const how = yield* Effect.promise(() => Postmaster.exited(this.#child!))
      const log = logOf(this.#launch.place.home)
      yield* Effect.logWarning(`the embedded Postgres has died (${how}, see ${log}); it is started again`)
      // It was our child and is gone: a process that has its id now is another program.
      Postmaster.forget(this.#launch.place.home)
      yield* this.#startAgain
      yield* Effect.logInfo("the embedded Postgres runs again")
    }
  })

  readonly #startAgain = Effect.gen({ self: this }, function* () {
    // Backends that have not noticed yet that their postmaster is dead are in the way for some milliseconds.
    for (const end = Date.now() + READY_WITHIN_MS; Date.now() < end; yield* Effect.sleep(RETRY_MS))
      if ((yield* Effect.promise(() => this.#try())) === null) return
    for (let logged: string | null = null; ; yield* Effect.sleep(RESTART_PAUSE)) {
      const failed = yield* Effect.promise(() => this.#try())
      if (failed === null) return
      if (failed !== logged) yield* Effect.logWarning(`the embedded Postgres does not start again: ${failed}`)
      logged = failed
    }
  })

  async stop(): Promise<void> {
    this.#stopping = true
    const pid = this.#child?.pid
    if (pid !== undefined) await Postmaster.stop(this.#launch.place.home, pid, this.#launch.binaries)
  }
}
