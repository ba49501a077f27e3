/**
 * The witness of the facts: sees every fact on its way out of the outbox, onto the stream and into its consumers, and
 * holds each step to the laws of I7 in the instant in which it is taken.
 *
 * What is expected comes from the outbox's rows alone, never from what relay and consumers say of themselves.
 */
import type { Shape } from "../../src/adapters/memory/store.ts"
import type { Lane } from "../../src/domain/lane.ts"
import { type Event, PRODUCTS, TOPIC_OF } from "../../src/ports/events.ts"
import type { Handled, Intake } from "../../src/ports/inbox.ts"
import type { Batch, Fact } from "../../src/ports/ledger.ts"
import type { Journal } from "./journal.ts"

/** What it holds them to: at each step, and once nothing is under way any more. */
export const FACT_LAWS = [
  "I7 first published in order",
  "I7 a taking is a link",
  "I7 the cursor follows the stream",
  "I7 one relay at a time",
  "I7 nothing is poison",
  "I7 no position without effect",
  "I7 the newest wins",
  "I7 every effect once",
  "I7 every fact reaches the stream",
  "I7 stock rebuilt from the stream",
] as const

type FactLaw = (typeof FACT_LAWS)[number]

/** What each consumer has to have an effect for. */
const WANTED: { readonly [consumer: string]: (fact: Fact) => boolean } = {
  shipping: ({ type }) => type === "jaego.order.paid.v1",
  timeline: ({ subjectKind, subjectVersion }) => subjectKind === "order" && subjectVersion > 1,
}

const CONSUMERS = Object.keys(WANTED)

/** A message, as the stream keeps it. */
export interface Message {
  readonly id: string
  readonly key: string
  readonly version: number
  /** Source and offset: where it lies. */
  readonly source: string
  readonly offset: number
}

const topicOf = ({ subjectKind }: Fact): string => TOPIC_OF[subjectKind]

export class Witness {
  readonly #journal: Journal
  readonly #store: Shape
  /** Facts by id, and by lane in order; as far as they were looked at. */
  readonly #facts = new Map<string, Fact>()
  readonly #lanes: Array<Array<Fact>> = []
  /** The lane and epoch under which each fact was committed, by id; and the same of each link, and its link. */
  readonly #takings = new Map<string, string>()
  readonly #takingOf = new Map<string, string>()
  readonly #linkOf = new Map<string, string>()
  #seen = 0
  /** Facts on the stream, each with how often. */
  readonly #published = new Map<string, number>()
  /** The newest version on the stream, by topic and key. */
  readonly #newest = new Map<string, number>()
  /** Up to where each lane's facts are known to be on the stream. */
  readonly #confirmed: Array<number> = []
  /** What lies in each source, by offset. */
  readonly #sources = new Map<string, Array<Message>>()
  /** By consumer: facts that had their effect, facts that should, effects that were counted. */
  readonly #done = new Map(CONSUMERS.map((name) => [name, new Set<string>()]))
  readonly #wanted = new Map(CONSUMERS.map((name) => [name, 0]))
  readonly #effects = new Map(CONSUMERS.map((name) => [name, 0]))
  /** By consumer and source: everything below this offset is known to be handled. */
  readonly #floors = new Map<string, number>()
  /** The newest version that was handled, by consumer and key. */
  readonly #versions = new Map<string, number>()

  constructor(journal: Journal, store: Shape) {
    this.#journal = journal
    this.#store = store
  }

  broken(law: FactLaw, where: string): void {
    this.#journal.violated([`${law}: ${where}`])
  }

  #catchUp(): void {
    const { facts } = this.#store
    for (; this.#seen < facts.length; this.#seen++) {
      const fact = facts[this.#seen]!
      this.#facts.set(fact.eventId, fact)
      const lane = this.#lanes[fact.lane]
      if (lane === undefined) this.#lanes[fact.lane] = [fact]
      else lane.push(fact)
      for (const name of CONSUMERS) if (WANTED[name]!(fact)) this.#wanted.set(name, this.#wanted.get(name)! + 1)
    }
  }

  /** It was committed. */
  committed({ facts, lanes }: Batch): void {
    const epochs = new Map(lanes.map(({ epoch, lane }) => [lane, epoch]))
    for (const { eventId, lane } of facts) this.#takings.set(eventId, `lane ${lane} in epoch ${epochs.get(lane)}`)
  }

  /** One taking of a lane has one link, and no other taking has it. */
  #linked({ id, link }: Event): void {
    const taking = this.#takings.get(id)
    if (taking === undefined) return
    const before = this.#linkOf.get(taking) ?? link
    const other = this.#takingOf.get(link) ?? taking
    if (before !== link) this.broken("I7 a taking is a link", `${taking} has the links ${before} and ${link}`)
    if (other !== taking) this.broken("I7 a taking is a link", `${taking} and ${other} have one link`)
    this.#linkOf.set(taking, link)
    this.#takingOf.set(link, taking)
  }

  /** The stream has taken it, at this place. */
  appended(event: Event, source: string): Message {
    const { data, id, key, topic, type, version } = event
    this.#catchUp()
    this.#linked(event)
    const messages = this.#sources.get(source) ?? []
    const message: Message = { id, key, version, source, offset: messages.length }
    messages.push(message)
    this.#sources.set(source, messages)
    const fact = this.#facts.get(id)
    const isSo =
      fact?.subject === key &&
      topicOf(fact) === topic &&
      fact.type === type &&
      fact.subjectVersion === version &&
      fact.payload === data
    if (!isSo)
      this.broken("I7 first published in order", `nothing was committed like ${type} of ${key}, version ${version}`)
    const times = this.#published.get(id) ?? 0
    this.#published.set(id, times + 1)
    const name = `${topic} ${key}`
    // A product is version 1 when its stock is created.
    const newest = this.#newest.get(name) ?? (topic === PRODUCTS ? 1 : 0)
    if (times === 0 && version !== newest + 1)
      this.broken("I7 first published in order", `version ${version} of ${name} follows ${newest}`)
    if (times > 0)
      this.#journal.moment(version < newest ? "an old fact published again after a newer" : "a fact published twice")
    this.#newest.set(name, Math.max(newest, version))
    return message
  }

  /** The cursor of the lane stands there now. */
  advanced(lane: Lane, seq: number): void {
    this.#catchUp()
    const from = this.#confirmed[lane] ?? 0
    for (const fact of this.#lanes[lane]?.slice(from, seq) ?? [])
      if (!this.#published.has(fact.eventId))
        this.broken(
          "I7 the cursor follows the stream",
          `lane ${lane} is at ${seq}, and seq ${fact.seq} is not on the stream`,
        )
    this.#confirmed[lane] = Math.max(from, seq)
  }

  /** These were committed in one transaction, just now. */
  handled(intakes: ReadonlyArray<Intake>, { effects }: Handled): void {
    const consumer = intakes[0]!.consumer
    const done = this.#done.get(consumer)!
    this.#effects.set(consumer, this.#effects.get(consumer)! + effects)
    const { events } = this.#store.inbox
    let news = 0
    for (const { source, taken } of intakes)
      for (const each of taken) {
        const { delivery } = each
        if (each._tag === "Poison") {
          this.broken("I7 nothing is poison", `${each.error} (${source} ${delivery.offset})`)
          continue
        }
        if (events.has(`${consumer} ${each.eventId}`)) done.add(each.eventId)
        const name = `${consumer} ${delivery.key}`
        if (each.version <= (this.#versions.get(name) ?? 0)) continue
        this.#versions.set(name, each.version)
        news++
      }
    if (effects > news)
      this.broken(
        "I7 the newest wins",
        `${consumer} had ${effects} effects of ${news} events that were newer than all before`,
      )
    for (const { next, source } of intakes) this.#moved(consumer, source, next)
  }

  /** The consumer will not look at what lies before `next` again, unless it has to. */
  #moved(consumer: string, source: string, next: number): void {
    const name = `${consumer} ${source}`
    const from = this.#floors.get(name) ?? 0
    const done = this.#done.get(consumer)!
    for (const { id, key, version } of this.#sources.get(source)?.slice(from, next) ?? [])
      if (WANTED[consumer]!(this.#facts.get(id)!) && !done.has(id))
        this.broken("I7 no position without effect", `${name} is at ${next}, not having done ${key} v${version}`)
    this.#floors.set(name, Math.max(from, next))
  }

  /** Everything has left, and everybody has handled it. */
  get isQuiet(): boolean {
    this.#catchUp()
    return (
      this.#published.size >= this.#facts.size &&
      CONSUMERS.every((name) => this.#done.get(name)!.size >= this.#wanted.get(name)!)
    )
  }

  /** To be asked once nothing is under way any more. */
  settled(): ReadonlyArray<string> {
    this.#catchUp()
    const facts = [...this.#facts.values()]
    const missing = facts.filter(({ eventId }) => !this.#published.has(eventId))
    return [
      ...missing.map(
        ({ lane, seq, type }) => `I7 every fact reaches the stream: lane ${lane} seq ${seq} (${type}) did not`,
      ),
      ...CONSUMERS.flatMap((name) => this.#effectsOf(name, facts)),
      ...this.#timelines(facts),
    ]
  }

  #effectsOf(name: string, facts: ReadonlyArray<Fact>): ReadonlyArray<string> {
    const done = this.#done.get(name)!
    const missing = facts
      .filter((fact) => WANTED[name]!(fact) && !done.has(fact.eventId))
      .map(({ subject, type }) => `I7 every effect once: ${name} has never handled ${type} of ${subject}`)
    const wanted = this.#wanted.get(name)!
    const effects = this.#effects.get(name)!
    // What is missing has been said.
    if (missing.length > 0 || effects === wanted) return missing
    return [`I7 every effect once: ${name} had ${effects} effects of ${wanted} facts`]
  }

  /** Every version of an order above the first is in its timeline, and nothing is there twice. */
  #timelines(facts: ReadonlyArray<Fact>): ReadonlyArray<string> {
    const { timeline } = this.#store
    const missing = facts
      .filter((fact) => WANTED["timeline"]!(fact))
      .filter(({ eventId, subject, subjectVersion }) => {
        const entry = timeline.get(subject as never)?.get(eventId)
        return entry?.version !== subjectVersion
      })
      .map(({ subject, type }) => `I7 every effect once: ${type} is not in the timeline of ${subject}`)
    const twice = [...timeline].flatMap(([orderId, entries]) => {
      const versions = [...entries.values()].flatMap(({ version }) => (version === null ? [] : [version]))
      const isOnce = new Set(versions).size === versions.length
      return isOnce ? [] : [`I7 every effect once: the timeline of ${orderId} has versions ${versions}`]
    })
    return [...missing, ...twice]
  }
}
