/**
 * The main thread's end of one worker thread: sends commands, all of one event-loop turn in one message, and wakes each
 * caller when its receipt comes.
 *
 * Fails: when the thread ends, every caller under way gets `Unavailable` (worker-lost), with an unknown fate.
 */

import type { Worker as Thread } from "node:worker_threads"
import { Exit } from "effect"
import { unavailable } from "../../../ports/failures.ts"
import type { Command } from "../../../ports/inventory.ts"
import type { OwnedLane } from "../../../ports/ledger.ts"
import type { Happening } from "../../../ports/probe.ts"
import type { Answering, OrderReply } from "../../../ports/workers.ts"
import { Slab } from "../../../std/slab.ts"
import { Bundle } from "../bundle.ts"
import { Portions } from "../portions.ts"
import { type Envelope, type FromWorker, type Receipt, type ToWorker, toExit } from "./messages.ts"

export interface Listeners {
  readonly ready: () => void
  readonly happened: (happening: Happening) => void
  readonly ended: (reply: OrderReply) => void
  readonly fenced: () => void
  /** The thread is no more. */
  readonly gone: (error: unknown) => void
}

export class Link {
  readonly #thread: Thread
  readonly #listeners: Listeners
  #callers = new Slab<Answering>()
  /** Bundled, so that the worker need not wait for a whole turn of this thread, which reads sockets meanwhile. */
  readonly #commands = new Bundle<Envelope>((commands) => this.#send({ _tag: "Commands", commands }))
  readonly #receipts = new Portions<Receipt>(({ id, outcome }) => this.#callers.take(id)?.(toExit(outcome)))
  #error: unknown = null
  #gone = false

  constructor(thread: Thread, listeners: Listeners) {
    this.#thread = thread
    this.#listeners = listeners
    thread.on("message", (text: string) => this.#receive(JSON.parse(text)))
    thread.on("error", (error) => {
      this.#error = error
    })
    thread.on("exit", () => this.#lose())
  }

  submit(command: Command, answer: Answering): void {
    if (this.#gone) return answer(Exit.fail(unavailable("worker-lost")))
    this.#commands.add({ id: this.#callers.put(answer), command })
  }

  begin(lanes: ReadonlyArray<OwnedLane>): void {
    this.#send({ _tag: "Begin", lanes })
  }

  drain(): void {
    this.#commands.flush()
    this.#send({ _tag: "Drain" })
  }

  #send(message: ToWorker): void {
    this.#thread.postMessage(JSON.stringify(message))
  }

  #receive(message: FromWorker): void {
    switch (message._tag) {
      case "Ready":
        return this.#listeners.ready()
      case "Ended":
        return this.#listeners.ended(message.reply)
      case "Fenced":
        return this.#listeners.fenced()
      case "Receipts":
        for (const happening of message.happenings) this.#listeners.happened(happening)
        this.#receipts.add(message.receipts)
    }
  }

  #lose(): void {
    this.#gone = true
    this.#receipts.flush()
    const callers = this.#callers
    this.#callers = new Slab()
    for (const answer of callers.list()) answer(Exit.fail(unavailable("worker-lost", "unknown")))
    this.#listeners.gone(this.#error)
  }
}
