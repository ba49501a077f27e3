/**
 * The main thread's end of one worker thread: sends commands, all of one event-loop turn in one message, and wakes each
 * caller when its completion comes.
 *
 * Fails: when the thread ends, every caller under way gets `Unavailable` (worker-lost), with an unknown fate.
 */

import type { Worker as Thread } from "node:worker_threads"
import { Exit } from "effect"
import type { ProductId } from "../../../domain/ids.ts"
import { unavailable } from "../../../ports/failures.ts"
import type { Command } from "../../../ports/inventory.ts"
import type { OwnedLane } from "../../../ports/ledger.ts"
import type { Happening } from "../../../ports/probe.ts"
import type { Answering, Listening, OrderReply } from "../../../ports/workers.ts"
import { Slab } from "../../../std/slab.ts"
import { Bundle } from "../bundle.ts"
import { Portions } from "../portions.ts"
import { CommandWaits } from "./command-waits.ts"
import { type Completion, type Envelope, type FromWorker, fromPlain, type ToWorker } from "./messages.ts"

export interface Listeners {
  readonly ready: () => void
  readonly happened: (happening: Happening) => void
  /** The least that a command has waited of late, beside its commit (ms). */
  readonly waited: (waitMs: number) => void
  readonly ended: (reply: OrderReply) => void
  readonly fenced: () => void
  readonly changed: Listening["changed"]
  /** The thread is no more. */
  readonly gone: (error: unknown) => void
}

interface Caller {
  readonly answer: Answering
  /** Milliseconds of `performance.now`. */
  readonly submittedAt: number
}

export class Link {
  readonly #thread: Thread
  readonly #listeners: Listeners
  readonly #waits: CommandWaits
  #callers = new Slab<Caller>()
  /** Bundled, so that the worker need not wait for a whole turn of this thread, which reads sockets meanwhile. */
  readonly #commands = new Bundle<Envelope>((commands) => this.#send({ _tag: "Commands", commands }))
  readonly #completions = new Portions<Completion>((completion) => this.#complete(completion))
  #state: "starting" | "serving" | "gone" = "starting"
  #silentLooks = 0
  #error: unknown = null

  constructor(thread: Thread, listeners: Listeners) {
    this.#thread = thread
    this.#listeners = listeners
    this.#waits = new CommandWaits(listeners.waited)
    thread.on("message", (text: string) => this.#receive(JSON.parse(text)))
    thread.on("error", (error) => {
      this.#error = error
    })
    thread.on("exit", () => this.#lose())
  }

  /** It is ready, and lives. */
  get serves(): boolean {
    return this.#state === "serving"
  }

  submit(command: Command, answer: Answering): void {
    if (!this.serves) return answer(Exit.fail(unavailable("worker-lost")))
    this.#commands.add({ id: this.#callers.put({ answer, submittedAt: performance.now() }), command })
  }

  /** Behind the command itself, which may still be in the bundle. */
  abandon(claim: string): void {
    if (!this.serves) return
    this.#commands.flush()
    this.#send({ _tag: "Abandoned", claim })
  }

  /** Of a thread that is not ready nothing is watched: its post does it then. */
  watch(productIds: ReadonlyArray<ProductId>, isWatched: boolean): void {
    if (this.serves && productIds.length > 0) this.#send({ _tag: "Watch", productIds, isWatched })
  }

  begin(lanes: ReadonlyArray<OwnedLane>): void {
    this.#send({ _tag: "Begin", lanes })
  }

  /** What has been submitted is answered; a thread that is not ready has nothing to answer. */
  drain(): void {
    if (!this.serves) return this.terminate()
    this.#commands.flush()
    this.#send({ _tag: "Drain" })
  }

  /** The thread ends, whatever it does, and counts as gone from now on. */
  terminate(): void {
    void this.#thread.terminate()
    this.#lose()
  }

  /** How many looks in a row, with this one, have found that a thread that is ready has sent nothing. */
  look(): number {
    return this.serves ? ++this.#silentLooks : 0
  }

  #send(message: ToWorker): void {
    this.#thread.postMessage(JSON.stringify(message))
  }

  #receive(message: FromWorker): void {
    this.#silentLooks = 0
    switch (message._tag) {
      case "Ready":
        if (this.#state === "starting") this.#state = "serving"
        return this.#listeners.ready()
      case "Ended":
        return this.#listeners.ended(message.reply)
      case "Fenced":
        return this.#listeners.fenced()
      case "Stock":
        return this.#listeners.changed(message.stocks)
      case "Completions":
        for (const happening of message.happenings) {
          if (happening._tag === "BatchCommitted") this.#waits.committed(happening.seconds)
          this.#listeners.happened(happening)
        }
        this.#completions.add(message.completions)
    }
  }

  #complete({ exit, id }: Completion): void {
    const caller = this.#callers.take(id)
    if (caller === undefined) return
    this.#waits.answered(caller.submittedAt, performance.now())
    caller.answer(fromPlain(exit))
  }

  #lose(): void {
    if (this.#state === "gone") return
    this.#state = "gone"
    this.#completions.flush()
    const callers = this.#callers
    this.#callers = new Slab()
    for (const { answer } of callers.list()) answer(Exit.fail(unavailable("worker-lost", "unknown")))
    this.#listeners.gone(this.#error)
  }
}
