/**
 * Connections and what they may hold: one request at a time, bounds for peers that do not read, answers in turn whatever comes
 * behind them, and an end that waits for no peer that is silent.
 */
import type { ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { Effect } from "effect"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { MAX_BODY } from "../../../src/adapters/http/head.ts"
import { UNREAD_BYTES, UNREAD_MS, UnreadAnswers } from "../../../src/adapters/http/unread.ts"
import type { Shop } from "../../../src/app/shop.ts"
import { TRIED_ONCE } from "../../../src/domain/order.ts"
import type { Happening } from "../../../src/ports/probe.ts"
import * as HttpServer from "../../support/http-server.ts"
import { ownNow } from "../../support/own-time.ts"
import { type Peer, peer, statuses } from "../../support/peer.ts"
import { soon } from "../../support/soon.ts"

const UNKNOWN = "019aa000-0000-7000-8000-000000000000"
const LIVE = "GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n"
const READ = `GET /v1/orders/${UNKNOWN} HTTP/1.1\r\nhost: localhost\r\n\r\n`
const BODY = JSON.stringify({ customerId: "kim", lines: [{ productId: UNKNOWN, quantity: 1 }] })
const GARBAGE = "NOT HTTP AT ALL\r\n\r\n"

const headOf = (key: string) =>
  `POST /v1/orders HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nidempotency-key: ${key}\r\n`
const order = (key: string) => `${headOf(key)}content-length: ${BODY.length}\r\n\r\n${BODY}`

/** As large as a page of large orders is (bytes). */
const LARGE = 1_000_000

const placed = (customerId: string) => ({
  id: UNKNOWN,
  customerId,
  lines: [],
  total: { amount: 1, currency: "EUR" },
  createdAt: 1,
  expiresAt: 2,
  version: 2,
  payment: TRIED_ONCE,
  status: "paid",
  refund: "none",
})

/** A shop that answers when it is asked to; what it was asked, by key or as "read", and what of it came to its end. */
const gated = () => {
  const gate = Promise.withResolvers<void>()
  const begun: Array<string> = []
  const ended: Array<string> = []
  let mostOpen = 0
  const answer = <A>(what: string, value: A) =>
    Effect.promise(async () => {
      begun.push(what)
      mostOpen = Math.max(mostOpen, begun.length - ended.length)
      await gate.promise
      return value
    }).pipe(Effect.onExit((exit) => Effect.sync(() => ended.push(`${what} ${exit._tag}`))))
  const script = {
    placeOrder: ({ claim }: { readonly claim: { readonly key: string } }) =>
      answer(claim.key, { value: { order: placed("kim"), outcome: "paid" }, replayed: false }),
    getOrder: () => answer("read", placed("kim")),
  } as unknown as Partial<Shop["Service"]>
  return { script, begun, ended, release: () => gate.resolve(), mostOpen: () => mostOpen }
}

const cuts = (heard: ReadonlyArray<Happening>) => heard.flatMap((it) => (it._tag === "ConnectionCut" ? [it.why] : []))

let shop: ReturnType<typeof gated>
let server: HttpServer.Running
let sockets: Array<Socket>
beforeEach(async () => {
  sockets = []
  shop = gated()
  server = await HttpServer.start(shop.script)
})
afterEach(async () => {
  shop.release()
  for (const socket of sockets) socket.destroy()
  await server.stop()
})

const dial = async (text = ""): Promise<Peer> => {
  const dialled = await peer(server.port, text)
  sockets.push(dialled.socket)
  return dialled
}

describe("requests of one connection", () => {
  it("are begun one at a time, and answered in their order", async () => {
    const { until } = await dial(order("one") + READ + order("two") + LIVE)
    await soon(() => shop.begun.length > 0)
    shop.release()
    await until('"alive"')
    expect(shop.begun).toEqual(["one", "read", "two"])
    expect(shop.mostOpen()).toBe(1)
  })

  it.each([1_000, 97])("may be pipelined in pieces of %i bytes, their bodies cut anywhere", async (size) => {
    shop.release()
    const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`)
    const text = keys.map((key) => order(key) + READ).join("") + LIVE
    const { heard, socket, until } = await dial()
    for (let at = 0; at < text.length; at += size) {
      socket.write(text.slice(at, at + size))
      await new Promise(setImmediate)
    }
    await until('"alive"')
    expect(shop.begun).toEqual(keys.flatMap((key) => [key, "read"]))
    expect(statuses(heard())).toEqual([...keys.flatMap(() => [201, 200]), 200])
  })

  it("are closed without a word when there are too many of them", async () => {
    const honest = await dial(READ + LIVE.repeat(60))
    const greedy = await dial(READ + LIVE.repeat(65))
    await greedy.closed
    expect(greedy.heard()).toBe("")
    expect(cuts(server.heard)).toEqual(["pipelined"])
    shop.release()
    await honest.until('"alive"', 60)
  })

  it("end with their caller, unless they have a key", async () => {
    const reader = await dial(READ)
    const buyer = await dial(order("k"))
    await soon(() => shop.begun.length === 2)
    reader.socket.destroy()
    buyer.socket.destroy()
    await soon(() => shop.ended.length === 1)
    expect(shop.ended).toEqual(["read Failure"])
    shop.release()
    await soon(() => shop.ended.length === 2)
    expect(shop.ended[1]).toBe("k Success")
  })
})

describe("a peer that never reads", () => {
  it("is answered once more than the system holds for it, whatever it asks for", async () => {
    let asked = 0
    const lists = await HttpServer.start({
      listOrders: () => {
        asked++
        return Effect.succeed({ rows: [placed("x".repeat(LARGE))], next: null }) as never
      },
    })
    const list = "GET /v1/orders HTTP/1.1\r\nhost: localhost\r\n\r\n"
    const deaf = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const { socket } = await peer(lists.port)
        socket.pause()
        socket.write(list.repeat(60))
        return socket
      }),
    )
    const measures = () => lists.heard.filter((it) => it._tag === "ConnectionsMeasured")
    // Until all of them are stuck, and from one second to the next nothing has moved.
    let before = -1
    await soon(() => {
      const last = measures().at(-1)
      const isStuck = last !== undefined && last.unreadBytes >= 4 * LARGE && asked === before
      before = asked
      return isStuck
    }, 1_000)
    expect(Math.max(...measures().map(({ unreadBytes }) => unreadBytes))).toBeLessThan(4 * (LARGE + 10_000))
    // Some megabytes lie in the system's buffers; without a bound all 240 would have been made.
    expect(asked).toBeLessThan(100)
    expect((await lists.get("/livez")).status).toBe(200)
    for (const socket of deaf) socket.destroy()
    await soon(() => measures().at(-1)?.unreadBytes === 0)
    await lists.stop()
  })
})

describe("answers that are not read", () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  const response = () => ({}) as ServerResponse

  it("cost their connection when they are not read in time", () => {
    const cut = vi.fn()
    const unread = new UnreadAnswers(cut)
    const [slow, quick] = [response(), response()]
    unread.add(slow, 10)
    unread.add(quick, 20)
    unread.delete(quick)
    vi.advanceTimersByTime(UNREAD_MS - 1)
    expect(cut).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(cut.mock.calls).toEqual([[slow, "unread-time"]])
  })

  it.each([1, 4])(
    "cost the slowest readers theirs when all of them together are too much, with %i thread(s)",
    (threads) => {
      const cut = vi.fn()
      const unread = new UnreadAnswers(cut, UNREAD_BYTES / threads)
      const all = Array.from({ length: 5 }, response)
      for (const each of all) unread.add(each, UNREAD_BYTES / threads / 4)
      expect(cut.mock.calls).toEqual([[all[0], "unread-bytes"]])
      expect(unread.bytes).toBe(UNREAD_BYTES / threads)
      for (const each of all) unread.delete(each)
      expect(unread.bytes).toBe(0)
      vi.advanceTimersByTime(UNREAD_MS)
      expect(cut).toHaveBeenCalledTimes(1)
    },
  )
})

describe("bodies that arrive, of which a thread of 64 has room for eight of the largest", () => {
  const head = `${headOf("slow")}content-length: ${MAX_BODY}\r\nexpect: 100-continue\r\n\r\n`

  it("are refused beyond its share, until there is room again", async () => {
    await server.stop()
    server = await HttpServer.start(shop.script, HttpServer.CARRIER_SECRET, { threads: 64 })
    const eight: Array<Peer> = []
    for (let peers = 1; peers <= 8; peers++) eight.push(await dial(head))
    for (const { until } of eight) await until("100 Continue")
    const ninth = await dial(head)
    await ninth.until("Too many large bodies")
    expect(statuses(ninth.heard())).toEqual([100, 503])
    expect(eight.map(({ heard }) => statuses(heard()))).toEqual(Array(8).fill([100]))
    eight[0]!.socket.destroy()
    await soon(async () => {
      const { heard, socket, until } = await dial(`${head}${" ".repeat(MAX_BODY)}`)
      await until('"code"')
      socket.destroy()
      return statuses(heard()).at(-1) !== 503
    })
  })
})

describe("connections beyond the maximum", () => {
  it("are answered so and closed, until there is room again", async () => {
    const small = await HttpServer.start({}, null, { connectionsMax: 2 })
    const [one, two] = [await peer(small.port, LIVE), await peer(small.port, LIVE)]
    await Promise.all([one.until('"alive"'), two.until('"alive"')])
    const third = await peer(small.port, order("k"))
    await third.closed
    expect(third.heard()).toMatch(/^HTTP\/1\.1 503 [\s\S]*connection: close[\s\S]*"code":"overloaded"/i)
    one.socket.destroy()
    await soon(async () => {
      const next = await peer(small.port, LIVE)
      await Promise.race([next.closed, next.until('"alive"').catch(() => undefined)])
      next.socket.destroy()
      return statuses(next.heard())[0] === 200
    })
    two.socket.destroy()
    await small.stop()
  })
})

describe("what comes behind a request that is under way", () => {
  it.each([
    ["is no HTTP", GARBAGE],
    ["has too large a head", `GET / HTTP/1.1\r\nx: ${"x".repeat(20_000)}\r\n\r\n`],
    ["says its length in two ways", "POST / HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n"],
  ])("and %s is not answered in its place", async (_, behind) => {
    const together = await dial(order("a") + behind)
    const apart = await dial(order("b"))
    await soon(() => shop.begun.length === 2)
    apart.socket.write(behind)
    // Behind these bytes others have been read and answered, so they have been read as well.
    await (await dial(LIVE)).until('"alive"')
    shop.release()
    for (const { closed, heard } of [together, apart]) {
      await closed
      expect(statuses(heard())).toEqual([201])
      expect(heard()).toMatch(/connection: close/i)
    }
  })

  it("does not end in time, and does not answer it either", async () => {
    const { heard, socket, closed } = await dial(`${order("a")}GET / HTTP/1.1\r\nx: `)
    await soon(() => shop.begun.length === 1)
    // A second connection, whose head does not end either, says when the time is over.
    const other = await dial("GET / HTTP/1.1\r\nx: ")
    await other.closed
    expect(statuses(other.heard())).toEqual([408])
    expect([heard(), socket.closed]).toEqual(["", false])
    shop.release()
    await closed
    expect(statuses(heard())).toEqual([201])
  })

  it("is answered first when it was whole", async () => {
    const { closed, heard } = await dial(order("a") + READ + order("b") + GARBAGE)
    await soon(() => shop.begun.length === 1)
    shop.release()
    await closed
    expect(statuses(heard())).toEqual([201, 200, 201])
    expect(heard().match(/connection: close/gi)).toHaveLength(1)
  })

  it("is answered itself when its own body is broken, and begins nothing", async () => {
    const broken = `${headOf("b")}transfer-encoding: chunked\r\n\r\nzz\r\n`
    const { closed, heard } = await dial(order("a") + broken)
    shop.release()
    await closed
    expect(statuses(heard())).toEqual([201, 400])
    expect(shop.begun).toEqual(["a"])
  })
})

describe("the end of the server", () => {
  /** Milliseconds from the order to stop to its end. */
  const stop = async (): Promise<number> => {
    const began = ownNow()
    await server.stop()
    return ownNow() - began
  }

  it("waits for no one who is silent, half-way, or does not read", async () => {
    const idle = await dial(LIVE)
    await idle.until('"alive"')
    const peers = [
      idle,
      await dial(),
      await dial("GET /livez HTTP/1.1\r\nhost: "),
      await dial(`${headOf("half")}content-length: ${BODY.length}\r\n\r\n${BODY.slice(0, 20)}`),
      await dial(`${headOf("drip")}transfer-encoding: chunked\r\n\r\n1\r\n{\r\n`),
      await dial(`${LIVE}GET /livez HTTP/1.1\r\nhost: `),
    ]
    // Far below the 5 s and 10 s that a head and a body may take to arrive.
    expect(await stop()).toBeLessThan(4_000)
    for (const { closed } of peers) await closed
    expect(peers.map(({ heard }) => statuses(heard()))).toEqual([[200], [], [], [503], [503], [200]])
    expect(peers[3]!.heard()).toContain('"code":"draining"')
    expect(shop.begun).toEqual([])
  })

  it("waits for what was begun, and answers what still comes on a connection that was not warned", async () => {
    const idle = await dial(LIVE)
    await idle.until('"alive"')
    const busy = await dial(order("a"))
    await soon(() => shop.begun.length === 1)
    const stopped = stop()
    // The port is closed at once.
    await soon(() =>
      fetch(server.url).then(
        () => false,
        () => true,
      ),
    )
    idle.socket.write(order("b"))
    await soon(() => shop.begun.length === 2)
    shop.release()
    await Promise.all([stopped, busy.closed, idle.closed])
    expect(statuses(busy.heard())).toEqual([201])
    expect(statuses(idle.heard())).toEqual([200, 201])
    for (const { heard } of [busy, idle]) expect(heard()).toMatch(/HTTP\/1\.1 201[\s\S]*connection: close/i)
    expect(idle.heard()).toMatch(/HTTP\/1\.1 200[\s\S]*connection: keep-alive[\s\S]*HTTP\/1\.1 201/i)
  })
})
