/**
 * Lesson: the stale page. A price is edited, and a cache goes on showing the old one: because it waits for its time, because a slow
 * reader puts back what it read before the edit, or because another process has a cache of its own.
 */
import { bar, type Lesson } from "./lesson.ts"
import { VirtualClock } from "./virtual-clock.ts"

/** All times are virtual ms. */
const DAY = 4_000
const EDITED_AT = 500
const TTL = 3_000
const QUERY = 5
/** A reader that was held up: it has read before the edit, and writes to the cache after it. */
const SLOW = { from: 490, to: 520 }
/** From one process to another. */
const NETWORK = 1

interface Entry {
  readonly version: number
  readonly until: number
}

interface Strategy {
  readonly name: string
  /** What the editor does to the shared cache. */
  readonly onEdit: "nothing" | "delete" | "put"
  /** An older version never takes the place of a newer one, nor of a deletion that knew of it. */
  readonly versions?: boolean
  /** Each process keeps what it was shown. */
  readonly local?: boolean
  /** Processes are notified of what changes in the shared cache. */
  readonly invalidates?: boolean
}

const STRATEGIES: ReadonlyArray<Strategy> = [
  { name: "a TTL, and patience", onEdit: "nothing" },
  { name: "the editor deletes the key", onEdit: "delete" },
  { name: "the editor puts the new page", onEdit: "put" },
  { name: "and versions are compared", onEdit: "put", versions: true },
  { name: "a local level before it", onEdit: "put", versions: true, local: true },
  { name: "that is notified of changes", onEdit: "put", versions: true, local: true, invalidates: true },
]

class Cache {
  #entry: Entry | null = null
  #newest = 0

  get(now: number): Entry | null {
    return this.#entry !== null && this.#entry.until > now ? this.#entry : null
  }

  put(version: number, now: number, compares: boolean): void {
    if (compares && version < this.#newest) return
    this.#newest = Math.max(this.#newest, version)
    this.#entry = { version, until: now + TTL }
  }

  delete(): void {
    this.#entry = null
  }
}

/** For how long the old price was shown after the edit was answered (ms). */
const staleFor = async ({ invalidates, local, onEdit, versions = false }: Strategy): Promise<number> => {
  const clock = new VirtualClock()
  const shared = new Cache()
  const locals = [new Cache(), new Cache()]
  let version = 1
  let lastStale = EDITED_AT

  const show = async (process: number): Promise<number> => {
    const level = locals[process]!
    const near = local ? level.get(clock.now) : null
    if (near !== null) return near.version
    const far = shared.get(clock.now)
    if (far !== null) {
      level.put(far.version, clock.now, versions)
      return far.version
    }
    const read = version
    await clock.pause(QUERY)
    shared.put(read, clock.now, versions)
    level.put(read, clock.now, versions)
    return read
  }
  const reader = async (at: number, process: number): Promise<void> => {
    await clock.pause(at)
    const begun = clock.now
    const shown = await show(process)
    if (begun > EDITED_AT + NETWORK && shown < version) lastStale = Math.max(lastStale, clock.now)
  }
  const slow = async (): Promise<void> => {
    await clock.pause(SLOW.from)
    const read = version
    await clock.pause(SLOW.to - SLOW.from)
    shared.put(read, clock.now, versions)
  }
  const editor = async (): Promise<void> => {
    await clock.pause(EDITED_AT)
    version = 2
    if (onEdit === "delete") shared.delete()
    if (onEdit === "put") shared.put(version, clock.now, versions)
    if (!invalidates) return
    await clock.pause(NETWORK)
    for (const level of locals) level.delete()
  }
  const readers = Array.from({ length: 2 * DAY }, (_, number) => reader(Math.floor(number / 2), number % 2))
  await clock.run([...readers, slow(), editor()])
  return lastStale - EDITED_AT
}

export const stale: Lesson = {
  name: "stale",
  title: "a price is edited, and the old one is shown on",
  page: "docs/guide/02-caching.md",
  run: async ({ print }) => {
    print(
      `Two processes show a product. It is edited at ${EDITED_AT} ms, while a slow reader still has the old row in its`,
    )
    print("hand. For how long is the old price shown after the edit was answered?")
    const found: Array<number> = []
    for (const strategy of STRATEGIES) {
      const ms = await staleFor(strategy)
      found.push(ms)
      print(bar(strategy.name, ms, TTL, ms === 0 ? "not at all" : `${ms} ms`))
    }
    const [ttl, deleted, put, compared, near, notified] = found
    return {
      failed: [ttl!, deleted!, put!, near!].every((ms) => ms > 1_000),
      held: compared === 0 && notified === 0,
    }
  },
}
