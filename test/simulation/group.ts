/**
 * A group of consumers: its members share the partitions, and each partition has one reader; or two, while one that was
 * frozen has not yet heard that it lost it. A member that gets a partition asks its handler where to begin, and may be given what
 * lies before once more.
 */
import { Effect, type Fiber } from "effect"
import type { Deliveries, Handler } from "../../src/ports/event-stream.ts"
import type { Stream } from "./stream.ts"
import type { Node } from "./world.ts"

/** A member that is silent for so long loses its partitions, microseconds. */
const SILENCE = 3_000_000
/** How often the broker looks after its members. */
const LOOK = 500_000
/** A fetch that found the broker down, or a handler that broke: again after this, milliseconds. */
const AGAIN_MS = 300
const FETCH_MAX = 40

interface Member {
  readonly node: Node
  readonly handler: Handler
  readonly readers: Map<string, Fiber.Fiber<unknown, unknown>>
  heardAt: number
  /** It has ended of its own will. */
  left: boolean
}

interface Waiting {
  readonly source: string
  readonly serve: () => void
}

export class Group {
  readonly #stream: Stream
  readonly #name: string
  readonly #sources: ReadonlyArray<string>
  #members: ReadonlyArray<Member> = []
  #waiting: ReadonlyArray<Waiting> = []

  constructor(stream: Stream, name: string, sources: ReadonlyArray<string>) {
    this.#stream = stream
    this.#name = name
    this.#sources = sources
    this.#look()
  }

  /** To be called on the member's node. Gives how to leave. */
  join(node: Node, handler: Handler): Effect.Effect<void> {
    const member: Member = { node, handler, readers: new Map(), heardAt: 0, left: false }
    this.#knock(member)
    return Effect.sync(() => {
      member.left = true
      for (const reader of member.readers.values()) reader.interruptUnsafe()
      this.#stream.world.post(this.#stream.node, this.#stream.travel(), () => this.#remove([member]))
    })
  }

  /** There is something in this source. */
  news(source: string): void {
    const mine = this.#waiting.filter((each) => each.source === source)
    this.#waiting = this.#waiting.filter((each) => each.source !== source)
    for (const { serve } of mine) serve()
  }

  #knock(member: Member): void {
    const { node, world } = this.#stream
    world.post(node, this.#stream.travel(), () => {
      if (member.left || member.node.isDead || this.#members.includes(member)) return
      if (this.#stream.isDown) return void world.post(member.node, AGAIN_MS * 1_000, () => this.#knock(member))
      member.heardAt = world.now
      this.#members = [...this.#members, member]
      for (const each of this.#members) this.#notify(each)
    })
  }

  #look(): void {
    const { node, world } = this.#stream
    for (const member of this.#members)
      if (!member.node.isDead && !member.node.isFrozen && !this.#stream.isDown) member.heardAt = world.now
    this.#remove(this.#members.filter(({ heardAt }) => world.now - heardAt > SILENCE))
    world.post(node, LOOK, () => this.#look())
  }

  #remove(gone: ReadonlyArray<Member>): void {
    const present = gone.filter((member) => this.#members.includes(member))
    if (present.length === 0) return
    this.#members = this.#members.filter((member) => !present.includes(member))
    for (const member of present) {
      this.#stream.journal.write("stream", `${this.#name} has lost ${member.node.name}`)
      if (member.node.isFrozen) this.#stream.journal.moment("a frozen consumer lost its partitions")
    }
    for (const member of [...present, ...this.#members]) this.#notify(member)
  }

  /** What this one is to read, as it stands. */
  #due(member: Member): ReadonlyArray<string> {
    const number = this.#members.indexOf(member)
    return number < 0 || member.left ? [] : this.#sources.filter((_, at) => at % this.#members.length === number)
  }

  /** That something has changed. The member that loses a partition learns it before, mostly, the other begins. */
  #notify(member: Member): void {
    const { dice, world } = this.#stream
    world.post(member.node, this.#stream.travel(), () => {
      for (const [source, reader] of member.readers) {
        if (this.#due(member).includes(source)) continue
        member.readers.delete(source)
        reader.interruptUnsafe()
      }
      if (!this.#members.includes(member) && !member.left) return this.#knock(member)
      world.post(member.node, dice.between(3_000, 10_000), () => {
        for (const source of this.#due(member)) if (!member.readers.has(source)) this.#begin(member, source)
      })
    })
  }

  #begin(member: Member, source: string): void {
    const reader = member.node.fork(this.#read(member, source))
    member.readers.set(source, reader)
    reader.addObserver(() => {
      // Interrupted, or the handler broke: the member that still has the partition begins anew.
      if (member.left || member.readers.get(source) !== reader) return
      member.readers.delete(source)
      this.#stream.world.post(member.node, AGAIN_MS * 1_000, () => {
        if (this.#due(member).includes(source) && !member.readers.has(source)) this.#begin(member, source)
      })
    })
  }

  #read({ handler, node }: Member, source: string): Effect.Effect<never> {
    const { dice, journal } = this.#stream
    const rewound = (offset: number): number => {
      if (offset === 0 || !dice.oneIn(this.#stream.luck.again)) return offset
      journal.fault("delivered again", `${handler.consumer} ${source}`)
      return dice.oneIn(3) ? 0 : dice.below(offset)
    }
    const self = this
    return Effect.gen(function* () {
      let offset = rewound((yield* handler.position(source)) ?? 0)
      for (;;) {
        const fetched = yield* self.#fetch(node, source, offset)
        yield* handler.handle(fetched)
        offset = rewound(fetched.deliveries.at(-1)!.offset + 1)
      }
    })
  }

  /** Answered as soon as there is something. */
  #fetch(node: Node, source: string, offset: number): Effect.Effect<Deliveries> {
    const stream = this.#stream
    const { dice, world } = stream
    return Effect.callback<Deliveries>((resume) => {
      let isOpen = true
      const ask = () => void world.post(stream.node, stream.travel(), serve)
      const serve = () => {
        if (!isOpen || node.isDead) return
        if (stream.isDown) return void world.post(node, AGAIN_MS * 1_000, ask)
        const found = stream.read(source, offset, dice.between(1, FETCH_MAX))
        if (found === null) this.#waiting = [...this.#waiting, { source, serve }]
        else world.post(node, stream.travel(), () => resume(Effect.succeed(found)))
      }
      ask()
      return Effect.sync(() => {
        isOpen = false
      })
    })
  }
}
