/**
 * The event stream, outside: partitions of a log, as a Kafka broker keeps them. What it has confirmed it never loses, and
 * that is all it promises.
 *
 * A request may be refused, lose its answer with its facts taken or not, come twice, or come long after its sender was answered
 * that the outcome is unknown. It may be down for a while. Consumers: `group.ts`.
 */
import { Effect } from "effect"
import * as CloudEvent from "../../src/ports/cloud-event.ts"
import {
  type Deliveries,
  type Delivery,
  type EventSource,
  type EventStream,
  type Handler,
  StreamDown,
} from "../../src/ports/event-stream.ts"
import { type Event, ORDERS, PRODUCTS, STOCK, type Topic } from "../../src/ports/events.ts"
import type { Dice } from "./dice.ts"
import { Group } from "./group.ts"
import type { Journal } from "./journal.ts"
import type { Witness } from "./witness.ts"
import { Host, Node, type World } from "./world.ts"

/** What befalls a request, each once in so many; 0: never. */
export interface StreamLuck {
  readonly refused: number
  readonly lostBefore: number
  readonly lostAfter: number
  readonly late: number
  readonly twice: number
  /** What a consumer has fetched begins some way before what it asked for. */
  readonly again: number
}

export const CALM: StreamLuck = { refused: 0, lostBefore: 0, lostAfter: 0, late: 0, twice: 0, again: 0 }

const PARTITIONS: { readonly [T in Topic]: number } = { [ORDERS]: 3, [STOCK]: 2, [PRODUCTS]: 1 }

/** A request that is not answered is given up after this, microseconds. */
const PATIENCE = 1_500_000

type Fate = "served" | "refused" | "lost before" | "lost after" | "late"

const sourceOf = (topic: Topic, key: string): string =>
  `stream/${topic}/${Number.parseInt(key.slice(-6), 16) % PARTITIONS[topic]}`

export const sourcesOf = (topic: Topic): ReadonlyArray<string> =>
  Array.from({ length: PARTITIONS[topic] }, (_, partition) => `stream/${topic}/${partition}`)

export class Stream {
  readonly world: World
  readonly journal: Journal
  readonly dice: Dice
  readonly node: Node
  luck: StreamLuck = CALM
  isDown = false
  /** Called when it has taken what this node has sent. */
  onTaken: (by: Node) => void = () => undefined
  readonly #witness: Witness
  readonly #logs = new Map<string, Array<Delivery>>()
  readonly #groups = new Map<string, Group>()

  constructor(world: World, journal: Journal, dice: Dice, witness: Witness) {
    this.world = world
    this.journal = journal
    this.dice = dice
    this.#witness = witness
    this.node = new Node(world, new Host("stream"), "stream")
  }

  /** The stream, as this node writes to it. */
  stream(from: Node): EventStream["Service"] {
    return {
      publish: (events) =>
        Effect.callback<void, StreamDown>((resume) => {
          const requests = Map.groupBy(events, ({ key, topic }) => sourceOf(topic, key))
          let open = requests.size
          let confirmed = true
          const answered = (isTaken: boolean) => {
            confirmed = confirmed && isTaken
            if (--open > 0) return
            resume(confirmed ? Effect.void : Effect.fail(new StreamDown({ detail: "not confirmed" })))
          }
          for (const [source, each] of requests) this.#request(from, source, each, answered)
        }),
    }
  }

  /** The stream, as this node takes from it. */
  source(from: Node): EventSource["Service"] {
    return {
      consume: (handler) => Effect.callback<never>(() => this.#group(handler).join(from, handler)),
      bury: () => Effect.void,
    }
  }

  /** What lies there from this offset on, some at a time. */
  read(source: string, offset: number, limit: number): Deliveries | null {
    const deliveries = this.#logs.get(source)?.slice(offset, offset + limit) ?? []
    return deliveries.length === 0 ? null : { source, deliveries }
  }

  travel(): number {
    return this.dice.oneIn(20) ? this.dice.between(3_000, 60_000) : this.dice.between(100, 3_000)
  }

  #group(handler: Handler): Group {
    const group =
      this.#groups.get(handler.consumer) ?? new Group(this, handler.consumer, handler.topics.flatMap(sourcesOf))
    this.#groups.set(handler.consumer, group)
    return group
  }

  #fate(): Fate {
    const { late, lostAfter, lostBefore, refused } = this.luck
    if (this.dice.oneIn(refused)) return "refused"
    if (this.dice.oneIn(lostBefore)) return "lost before"
    if (this.dice.oneIn(lostAfter)) return "lost after"
    return this.dice.oneIn(late) ? "late" : "served"
  }

  /** To one partition, whole or not at all. */
  #request(from: Node, source: string, events: ReadonlyArray<Event>, answered: (isTaken: boolean) => void): void {
    const { dice, journal, world } = this
    const fate = this.#fate()
    if (fate !== "served") journal.fault(`publish ${fate === "refused" ? fate : `answer ${fate}`}`, from.name)
    let isOpen = true
    const answer = (isTaken: boolean, delay: number) =>
      void world.post(from, delay, () => {
        if (isOpen) answered(isTaken)
        isOpen = false
      })
    if (fate === "refused" || this.isDown) return answer(false, this.travel())
    const given = fate === "served" ? PATIENCE : dice.between(50_000, PATIENCE)
    answer(false, given)
    if (fate === "lost before") return
    const arrive = () => {
      if (this.isDown) return
      this.#take(source, events)
      this.onTaken(from)
      if (fate === "served") answer(true, this.travel())
    }
    const travel = fate === "late" ? given + dice.between(0, 2_000_000) : this.travel()
    world.post(this.node, travel, arrive)
    if (!dice.oneIn(this.luck.twice)) return
    journal.fault("publish came twice", from.name)
    world.post(this.node, travel + dice.between(0, 700_000), arrive)
  }

  #take(source: string, events: ReadonlyArray<Event>): void {
    const log = this.#logs.get(source) ?? []
    this.#logs.set(source, log)
    for (const event of events) {
      const { key, offset } = this.#witness.appended(event, source)
      log.push({ topic: event.topic, offset, key, value: CloudEvent.encode(event), headers: {} })
    }
    const versions = events.map(({ key, version }) => `${key.slice(-4)} v${version}`)
    this.journal.write("stream", `${source} takes ${versions.join(", ")}`)
    for (const group of this.#groups.values()) group.news(source)
  }
}
