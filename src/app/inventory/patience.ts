/**
 * Patience: one deadline for each command, from its admission on, whatever it waits for: a load, its turn, a commit, the truth
 * about one, or a worker.
 *
 * Why it exists: each of those waits has a time limit of its own, and their sums are longer than a caller may wait.
 * Law: a command is answered once, by its worker or here. One that is answered here goes on: its outcome is unknown, and the
 * same request with its key is answered with what became of it.
 * Limits: `COMMAND_PATIENCE_MS`, looked at every `PATIENCE_LOOK_MS`.
 */
import { Effect, Exit } from "effect"
import { unavailable } from "../../ports/failures.ts"
import type { Answering, Worker } from "../../ports/workers.ts"
import { Slab } from "../../std/slab.ts"
import { COMMAND_PATIENCE_MS, PATIENCE_LOOK_MS } from "./limits.ts"

const TICKS = COMMAND_PATIENCE_MS / PATIENCE_LOOK_MS

interface Waiting {
  /** Null: it was answered here. */
  answer: Answering | null
  readonly since: number
}

export class Patience {
  #tick = 0
  readonly #waiting = new Slab<Waiting>()

  /** The worker, whose answers are not waited for any longer. */
  readonly with = (worker: Worker): Worker => ({
    submit: (command, answer) => {
      const ticket = this.#waiting.put({ answer, since: this.#tick })
      worker.submit(command, (exit) => this.#waiting.take(ticket)?.answer?.(exit))
    },
    abandon: worker.abandon,
    watch: worker.watch,
  })

  /** Looks again and again, until it is interrupted. */
  readonly run = Effect.sleep(PATIENCE_LOOK_MS).pipe(Effect.andThen(Effect.sync(() => this.#look())), Effect.forever)

  #look(): void {
    this.#tick++
    for (const waiting of this.#waiting.list()) {
      const { since, answer } = waiting
      if (answer === null || this.#tick - since <= TICKS) continue
      waiting.answer = null
      answer(Exit.fail(unavailable("database", "unknown")))
    }
  }
}
