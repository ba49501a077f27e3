/** The stock feed: who is watched, who is notified, in which order, and how it ends. */
import { describe, expect, it } from "vitest"
import { Feed } from "../../src/app/stock-feed.ts"
import type { ProductId } from "../../src/domain/ids.ts"

const ONE = "019aa000-0000-7000-8000-000000000001" as ProductId
const OTHER = "019aa000-0000-7000-8000-000000000002" as ProductId

const stock = (version: number) => ({ onHand: 10 + version, reserved: 0, version })

/** A feed with workers that only write down what they are to watch. */
const owning = () => {
  const feed = new Feed()
  const watched: Array<string> = []
  const begin = () => feed.begin((productId, isWatched) => watched.push(`${isWatched ? "+" : "-"}${productId.at(-1)}`))
  begin()
  return { feed, watched, begin }
}

const listening = () => {
  const seen: Array<number | "ended"> = []
  return { seen, changed: ({ version }: { version: number }) => seen.push(version), ended: () => seen.push("ended") }
}

describe("the stock feed", () => {
  it("watches a product from its first subscriber to its last", () => {
    const { feed, watched } = owning()
    const first = feed.subscribe(ONE, listening())
    const second = feed.subscribe(ONE, listening())
    feed.subscribe(OTHER, listening())
    first()
    first()
    expect(watched).toEqual(["+1", "+2"])
    second()
    expect(watched).toEqual(["+1", "+2", "-1"])
    expect(feed.watched).toEqual([OTHER])
  })

  it("gives each subscriber of a product its stock, and only newer versions", () => {
    const { feed } = owning()
    const [one, two, other] = [listening(), listening(), listening()]
    feed.subscribe(ONE, one)
    feed.changed([{ productId: ONE, stock: stock(3) }])
    feed.subscribe(ONE, two)
    feed.subscribe(OTHER, other)
    for (const version of [3, 2, 7]) feed.changed([{ productId: ONE, stock: stock(version) }])
    expect(one.seen).toEqual([3, 7])
    expect(two.seen).toEqual([7])
    expect(other.seen).toEqual([])
  })

  it("says to every subscriber that the lanes are lost, once, and forgets it", () => {
    const { begin, feed, watched } = owning()
    const one = listening()
    const leave = feed.subscribe(ONE, one)
    feed.end()
    feed.end()
    leave()
    begin()
    feed.changed([{ productId: ONE, stock: stock(1) }])
    expect(one.seen).toEqual(["ended"])
    expect(watched).toEqual(["+1"])
  })

  it("watches what was subscribed before there were lanes, once there are", () => {
    const feed = new Feed()
    const one = listening()
    feed.subscribe(ONE, one)
    const watched: Array<string> = []
    feed.begin((productId) => watched.push(productId))
    feed.changed([{ productId: ONE, stock: stock(1) }])
    expect(watched).toEqual([ONE])
    expect(one.seen).toEqual([1])
  })
})
