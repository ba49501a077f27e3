/**
 * The facts thread of a process, on a node of its own: the shop's relay and consumers over the simulated outbox, stream
 * and inbox. It dies and freezes by itself or with its process; the main thread wakes it, replaces it, and lets it drain.
 */
import { Exit, Layer, Scope } from "effect"
import * as FactPipeline from "../../src/app/fact-pipeline.ts"
import { Wake } from "../../src/app/outbox-relay.ts"
import { EventSource, EventStream } from "../../src/ports/event-stream.ts"
import { Inbox } from "../../src/ports/inbox.ts"
import { Outbox } from "../../src/ports/outbox.ts"
import { type Happening, Probe } from "../../src/ports/probe.ts"
import { Notify } from "../../src/std/notify.ts"
import type { Records } from "./records.ts"
import type { RelaySessions } from "./relay-sessions.ts"
import type { Stream } from "./stream.ts"
import { Wire } from "./threads.ts"
import { Node } from "./world.ts"

/** Microseconds. */
const RESTART = 200_000
const DRAIN = 5_000_000

export interface Options {
  readonly main: Node
  readonly relays: RelaySessions
  readonly stream: Stream
  readonly records: Records
  readonly shippingAfterMs: number
  readonly emit: (happening: Happening) => void
}

export class FactsThread {
  node: Node
  readonly #options: Options
  #changed = new Notify()
  #scope = Scope.makeUnsafe()
  #wire: Wire
  #closing = false

  constructor(options: Options) {
    this.#options = options
    this.node = new Node(options.main.world, options.main.host, `${options.main.name}.facts`)
    this.#wire = new Wire(options.main, this.node)
    this.#start()
  }

  #start(): void {
    const { emit, main, records, shippingAfterMs, stream, relays } = this.#options
    this.node = new Node(main.world, main.host, `${main.name}.facts`)
    this.#wire = new Wire(main, this.node)
    this.#scope = Scope.makeUnsafe()
    const changed = new Notify()
    this.#changed = changed
    const { node } = this
    const layer = FactPipeline.layer(FactPipeline.consumers({ shippingAfterMs }), []).pipe(
      Layer.provide(
        Layer.mergeAll(
          Layer.succeed(Outbox, relays.of(node)),
          Layer.succeed(EventStream, stream.stream(node)),
          Layer.succeed(EventSource, stream.source(node)),
          Layer.succeed(Inbox, records.inbox(node)),
          Layer.succeed(Probe, { emit }),
          Layer.succeed(Wake, changed),
        ),
      ),
    )
    this.#wire.send(() => void node.fork(Scope.provide(Layer.build(layer), this.#scope)))
  }

  wake(): void {
    const changed = this.#changed
    this.#wire.send(() => changed.notify())
  }

  /** It dies; the main thread hears of it, and starts another. */
  kill(): void {
    const { main } = this.#options
    this.node.state = "dead"
    main.world.post(main, RESTART, () => {
      if (!this.#closing) this.#start()
    })
  }

  /** What was committed may still leave, for a moment; to be called on the main node. */
  drain(drained: () => void): void {
    const { main } = this.#options
    this.#closing = true
    let isOpen = true
    const end = () => {
      if (isOpen) drained()
      isOpen = false
    }
    if (this.node.isDead) return end()
    const back = new Wire(this.node, main)
    this.#wire.send(() => this.node.fork(Scope.close(this.#scope, Exit.void)).addObserver(() => back.send(end)))
    main.world.post(main, DRAIN, end)
  }
}
