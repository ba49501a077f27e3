/**
 * The world: virtual time, and nodes to which things happen. One thread, one queue of events; nothing happens outside it.
 *
 * A node is whatever stops, freezes or dies by itself: a process, a thread of it, the database, the crowd. Its fibers run
 * on its own scheduler and its own clock, so a dead node's fibers simply never go on, and a frozen one's do later. Nodes
 * reach each other only by `post`, which takes time.
 *
 * Law: the same events in the same order for the same seed. Limits: TASKS_MAX tasks in one instant, beyond which it spins.
 */
import { Clock, Context, Duration, Effect, type Fiber, Random, References, Scheduler } from "effect"
import type { Dice } from "./dice.ts"

/** 2026-01-01T00:00:00Z, milliseconds since 1970. */
const EPOCH = 1_767_225_600_000

/** More tasks than this within one event: something goes round in circles without time passing. */
const TASKS_MAX = 200_000

/** Timers fire this much early or late, microseconds: as those of Node do, whose loop rounds its time. */
const JITTER = { early: 800, late: 600 } as const

interface Event {
  readonly at: number
  readonly order: number
  readonly node: Node
  run: (() => void) | null
}

const before = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

/** What shares a fate: the nodes of one process stop, go on and die together, and look at one wall clock. */
export class Host {
  readonly name: string
  /** The wall clock is ahead of the world by this, milliseconds. */
  offsetMs = 0
  state: "running" | "frozen" | "dead" = "running"

  constructor(name: string) {
    this.name = name
  }
}

export class Node implements Scheduler.Scheduler {
  readonly executionMode = "async"
  readonly name: string
  readonly host: Host
  readonly world: World
  /** Of this node alone; its host's state weighs more. */
  state: "running" | "frozen" | "dead" = "running"
  readonly ready: Array<() => void> = []
  /** What came while it was frozen. */
  held: Array<Event> = []

  constructor(world: World, host: Host, name: string) {
    this.world = world
    this.host = host
    this.name = name
  }

  get isDead(): boolean {
    return this.state === "dead" || this.host.state === "dead"
  }

  get isFrozen(): boolean {
    return this.state === "frozen" || this.host.state === "frozen"
  }

  /** Milliseconds since 1970, as this node's wall clock shows it. */
  get wallMs(): number {
    return EPOCH + Math.floor(this.world.now / 1_000) + this.host.offsetMs
  }

  shouldYield(fiber: { readonly currentOpCount: number }): boolean {
    return fiber.currentOpCount >= 2_048
  }

  makeDispatcher(): Scheduler.SchedulerDispatcher {
    return this.#dispatcher
  }

  /** Starts a fiber here, now: to be called only from within this node's events. */
  fork<A, E>(effect: Effect.Effect<A, E>): Fiber.Fiber<A, E> {
    return Effect.runForkWith(this.#context)(effect)
  }

  readonly #dispatcher: Scheduler.SchedulerDispatcher = {
    scheduleTask: (task) => this.world.soon(this, task),
    flush: () => undefined,
  }

  readonly #clock: Clock.Clock = {
    currentTimeMillisUnsafe: () => this.wallMs,
    currentTimeMillis: Effect.sync(() => this.wallMs),
    currentTimeNanosUnsafe: () => BigInt(this.wallMs) * 1_000_000n,
    currentTimeNanos: Effect.sync(() => BigInt(this.wallMs) * 1_000_000n),
    monotonicTimeNanosUnsafe: () => BigInt(this.world.now) * 1_000n,
    monotonicTimeNanos: Effect.sync(() => BigInt(this.world.now) * 1_000n),
    sleep: (duration) => {
      const millis = Duration.toMillis(duration)
      if (millis <= 0) return Effect.yieldNow
      if (!Number.isFinite(millis)) return Effect.never
      return Effect.callback<void>((resume) => {
        const jitter = this.world.dice.between(-JITTER.early, JITTER.late)
        const timer = this.world.post(this, Math.max(0, Math.round(millis * 1_000) + jitter), () => resume(Effect.void))
        return Effect.sync(() => timer.cancel())
      })
    },
  }

  readonly #random: typeof Random.Random.Service = {
    nextIntUnsafe: () => this.world.dice.below(2 ** 31),
    nextDoubleUnsafe: () => this.world.dice.below(2 ** 31) / 2 ** 31,
  }

  /** What its fibers need around them. */
  readonly #context = Context.empty().pipe(
    Context.add(Scheduler.Scheduler, this),
    Context.add(Clock.Clock, this.#clock),
    Context.add(Random.Random, this.#random),
    // A shop that is tormented complains at length; what it says is not what is judged.
    Context.add(References.MinimumLogLevel, "None"),
  )
}

export interface Posted {
  readonly cancel: () => void
}

export class World {
  /** Microseconds since the beginning. */
  now = 0
  readonly dice: Dice
  readonly #heap: Array<Event> = []
  readonly #runnable: Array<Node> = []
  #order = 0
  /** How many events have happened. */
  events = 0

  constructor(dice: Dice) {
    this.dice = dice
  }

  /** To happen on that node after this many microseconds: later if it is frozen then, never if it is dead. */
  post(node: Node, delay: number, run: () => void): Posted {
    const event: Event = { at: this.now + delay, order: this.#order++, node, run }
    this.#push(event)
    return {
      cancel: () => {
        event.run = null
      },
    }
  }

  soon(node: Node, task: () => void): void {
    if (node.ready.push(task) === 1) this.#runnable.push(node)
  }

  /** What a node missed while it was frozen happens now, in the order in which it came. */
  thaw(node: Node): void {
    const { held } = node
    node.held = []
    for (const event of held) this.#push({ ...event, at: this.now, order: this.#order++, run: () => event.run?.() })
  }

  /** Lets events happen until this time, microseconds, or until it is enough. */
  runUntil(time: number, enough: () => boolean = () => false): void {
    while (!enough()) {
      const event = this.#heap[0]
      if (event === undefined || event.at > time) {
        this.now = Math.max(this.now, time)
        return
      }
      this.#pop()
      this.#happen(event)
    }
  }

  #happen(event: Event): void {
    const { node, run } = event
    this.now = Math.max(this.now, event.at)
    if (run === null || node.isDead) return
    if (node.isFrozen) return void node.held.push(event)
    this.events++
    run()
    this.#drain()
  }

  #drain(): void {
    let tasks = 0
    for (let node = this.#runnable.shift(); node !== undefined; node = this.#runnable.shift()) {
      // A node's tasks run first come, first served; what they bring about comes after them.
      for (let index = 0; index < node.ready.length && !node.isDead; index++) {
        if (++tasks > TASKS_MAX) throw new Error(`${node.name} goes round in circles`)
        node.ready[index]!()
      }
      node.ready.length = 0
    }
  }

  #push(event: Event): void {
    const heap = this.#heap
    let i = heap.length
    heap.push(event)
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!before(event, heap[parent]!)) break
      heap[i] = heap[parent]!
      i = parent
    }
    heap[i] = event
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
      if (!before(heap[child]!, last)) break
      heap[i] = heap[child]!
      i = child
    }
    heap[i] = last
  }
}
