/** Connection strings as libpq takes them, and what must not go over a network in plain text. */
import { describe, expect, it } from "vitest"
import * as ConnectionUrl from "../../../src/adapters/postgres/connection-url.ts"

const problem = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error("it was taken")
}

describe("a connection string", () => {
  it.each([
    ["postgres://shop:pa%20ss@db.example:6432/books", ["db.example", 6_432], "shop", "pa ss", "books"],
    ["postgresql://shop@db.example/books", ["db.example", 5_432], "shop", null, "books"],
    ["postgres://shop:p@ss@db.example/books", ["db.example", 5_432], "shop", "p@ss", "books"],
    ["postgres://shop@[::1]:6432/books", ["::1", 6_432], "shop", null, "books"],
    ["postgres:///books?host=/run/postgresql&user=shop", ["/run/postgresql", 5_432], "shop", null, "books"],
    ["postgres://shop@%2Frun%2Fpostgresql:6432/books", ["/run/postgresql", 6_432], "shop", null, "books"],
    ["postgres://", ["localhost", 5_432], null, null, null],
  ] as const)("%s is understood", (text, [host, port], user, password, database) => {
    expect(ConnectionUrl.parse(text)).toMatchObject({ hosts: [{ host, port }], user, password, database })
  })

  it.each(["postgres://a:1,b:2/x", "postgres:///x?host=a,b&port=1,2"])("may name several hosts: %s", (text) => {
    expect(ConnectionUrl.parse(text).hosts).toEqual([
      { host: "a", port: 1 },
      { host: "b", port: 2 },
    ])
  })

  it.each([
    ["mysql://shop:hunter2@db/x", /^must look like postgres:\/\/user:password@host:port\/database$/],
    ["shop:hunter2@db", /^must look like/],
    ["postgres://shop:hunter2@db:port/x", /^must look like/],
    ["postgres://shop:hunter2@db:99999/x", /^must name a port from 1 to 65535$/],
    ["postgres://shop:hunter2%zz@db/x", /^must look like/],
    ["postgres://shop:hunter2@a,b,c/x?port=1,2", /^must name one port, or one for each host$/],
    ["postgres://shop:hunter2@db/x?sslmode=on", /^must have an sslmode of disable, allow, /],
    ["postgres://shop:hunter2@db/x?target_session_attrs=standby", /^must not ask for a standby/],
  ])("%s is refused, and not repeated", (text, said) => {
    expect(problem(() => ConnectionUrl.parse(text))).toMatch(said)
    expect(problem(() => ConnectionUrl.parse(text))).not.toContain("hunter2")
  })
})

describe("a database on the network", () => {
  it.each(["", "?sslmode=prefer", "?sslmode=allow"])("is spoken to in TLS when it is asked %j", (query) => {
    const text = ConnectionUrl.secured(`postgres://shop@db.example/x${query}`, "on")
    expect(ConnectionUrl.parse(text).mode).toBe("require")
  })

  it("is not spoken to in plain text, unless that is said aloud", () => {
    const plain = "postgres://shop@db.example/x?sslmode=disable"
    expect(problem(() => ConnectionUrl.secured(plain, "on"))).toMatch(/DATABASE_TLS=off/)
    for (const text of [plain, "postgres://shop@db.example/x"]) expect(ConnectionUrl.secured(text, "off")).toBe(text)
  })

  it.each(["127.0.0.1", "localhost", "[::1]", "%2Frun%2Fpostgresql"])("is not one at %s", (host) => {
    const text = `postgres://shop@${host}/x`
    expect(ConnectionUrl.secured(text, "on")).toBe(text)
  })

  it("is one if any of its hosts is", () => {
    const text = ConnectionUrl.secured("postgres://shop@127.0.0.1,db.example/x", "on")
    expect(ConnectionUrl.parse(text)).toMatchObject({ mode: "require", hosts: [{}, { host: "db.example" }] })
  })
})
