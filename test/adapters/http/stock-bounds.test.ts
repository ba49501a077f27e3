/** What streams of stock may hold: one event for a client that does not read, who is cut off in the end. */
import type { ServerResponse } from "node:http"
import { afterEach, expect, it, vi } from "vitest"
import { HEARTBEAT_MS, StockStreams } from "../../../src/adapters/http/stock-streams.ts"
import { Feed } from "../../../src/app/stock-feed.ts"
import type { ProductId } from "../../../src/domain/ids.ts"

const productId = "019aa000-0000-7000-8000-000000000009" as ProductId
const stockAt = (version: number) => ({ onHand: 1_000_000 - version, reserved: 0, version })

/** What a client that does not read may cost (bytes). */
const HELD_MAX = 4_096

/** A peer whose socket takes nothing, or everything. */
const peer = (reads: boolean) => {
  let held = 0
  const events: Array<string> = []
  const write = (chunk: string | Buffer) => {
    events.push(String(chunk))
    if (!reads) held += Buffer.byteLength(chunk)
    return reads
  }
  const socket = {
    write,
    writable: true,
    destroySoon: () => undefined,
    get writableLength() {
      return held
    },
  }
  return { response: { socket, write } as unknown as ServerResponse, events, held: () => held }
}

afterEach(() => vi.useRealTimers())

it("holds one event for a client that does not read, however much is sold, and gives the newest to the others", () => {
  vi.useFakeTimers()
  const feed = new Feed()
  const cut: Array<ServerResponse> = []
  const streams = new StockStreams({ feed, streamsMax: 10, cut: (response) => cut.push(response) })
  const [deaf, keen] = [peer(false), peer(true)]
  const places = [deaf, keen].map(({ response }) => streams.take(productId, response))
  for (const place of places) place.begin(stockAt(1), null)
  for (let version = 2; version <= 10_000; version++) {
    feed.changed([{ productId, stock: stockAt(version) }])
    vi.advanceTimersByTime(5)
  }
  vi.advanceTimersByTime(1_000)
  expect(deaf.events).toHaveLength(1)
  expect(deaf.held()).toBeLessThan(HELD_MAX)
  expect(keen.events.at(-1)).toContain("id: 10000\n")
  expect(keen.events.length).toBeLessThan(300)
  vi.advanceTimersByTime(2 * HEARTBEAT_MS)
  expect([...new Set(cut)]).toEqual([deaf.response])
  for (const place of places) place.leave()
  expect(streams.size).toBe(0)
})

it("gives a stream that has heard nothing for 15 s a comment, so that no proxy takes it for dead", () => {
  vi.useFakeTimers()
  const streams = new StockStreams({ feed: new Feed(), streamsMax: 10, cut: () => undefined })
  const { events, response } = peer(true)
  const place = streams.take(productId, response)
  place.begin(stockAt(1), null)
  const [first] = events.splice(0)
  expect(first).toContain("id: 1\n")
  vi.advanceTimersByTime(4 * HEARTBEAT_MS)
  expect(HEARTBEAT_MS).toBe(15_000)
  expect(events.length).toBeGreaterThanOrEqual(3)
  expect(new Set(events)).toEqual(new Set([":\n\n"]))
  place.leave()
})
