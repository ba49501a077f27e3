/** Every source file that a comment or a document names exists, so that no header points into a room that has moved. */
import { existsSync, globSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { expect, it } from "vitest"

const root = join(import.meta.dirname, "..")
const list = (pattern: string): ReadonlyArray<string> =>
  globSync(pattern, { cwd: root }).map((file) => file.replaceAll("\\", "/"))

const sources = list("{src,test}/**/*.ts")
const documents = ["README.md", "CONTRIBUTING.md", "test/README.md", ...list("docs/**/*.md")]
const files = [...sources, ...list("*.ts"), ...list("{bin,infra,.ci}/*")]

/** A name between backticks: `owner.ts`, `http/serve.ts`, `src/main.ts`. */
const NAMED = /`([\w./-]+\.ts)`/g

const dangling = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(NAMED)]
    .map(([, name]) => name!)
    .filter((name) => !files.some((file) => file === name || file.endsWith(`/${name}`)))

it("comments and documents name only files that exist", () => {
  const found = [...documents, ...sources].flatMap((file) =>
    dangling(readFileSync(join(root, file), "utf8")).map((name) => `${file} names ${name}`),
  )
  expect(found).toEqual([])
})

/** As GitHub makes them. */
const anchorsOf = (text: string): ReadonlyArray<string> =>
  [...text.replaceAll(/^```[\s\S]*?^```/gm, "").matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, "")
      .replaceAll(" ", "-"),
  )

/** Of a text of `docs` or beside it: links to no file, or to no heading of one. */
const lost = (file: string, text: string): ReadonlyArray<string> =>
  [...text.replaceAll(/^```[\s\S]*?^```/gm, "").matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link!)
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [path, anchor] = link.split("#")
      const target = path === "" ? join(root, file) : join(root, dirname(file), path!)
      if (!existsSync(target)) return true
      return anchor !== undefined && target.endsWith(".md") && !anchorsOf(readFileSync(target, "utf8")).includes(anchor)
    })

it("links of documents lead to files and headings that exist", () => {
  const pages = [...documents, "README.ko.md", "CHANGELOG.md"]
  const found = pages.flatMap((file) =>
    lost(file, readFileSync(join(root, file), "utf8")).map((link) => `${file}: ${link}`),
  )
  expect(found).toEqual([])
  expect(lost("docs/events.md", "[a](guarantees.md#nothing) [b](nowhere.md) [c](../README.md)")).toEqual([
    "guarantees.md#nothing",
    "nowhere.md",
  ])
})

it("a name that leads nowhere is found", () => {
  const quoted = (name: string) => `\`${name}\``
  expect(dangling(`see ${quoted("owner.ts")} and ${quoted("inventory/ownr.ts")}`)).toEqual(["inventory/ownr.ts"])
})

it("each row of what the service meets names its tests, and they exist", () => {
  const page = readFileSync(join(root, "docs/operating.md"), "utf8")
  const matrix = page.slice(page.indexOf("## What it meets"), page.indexOf("## Knobs"))
  const rows = [...matrix.matchAll(/^\| (.+) \| (.+) \| (.+) \|$/gm)].filter(
    ([, what]) => !/^(what|---)( |$)/.test(what!),
  )
  const wrong = rows.flatMap(([, what, , tests]) => {
    const names = [...tests!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)
    if (names.length === 0) return tests === "none" ? [] : [`${what}: no test`]
    const isThere = (name: string) =>
      files.some((file) => file === name || file.startsWith(`test/${name}.test.ts`) || file.startsWith(`test/${name}/`))
    return names.filter((name) => !isThere(name)).map((name) => `${what}: ${name}`)
  })
  expect(rows.length).toBeGreaterThan(40)
  expect(wrong).toEqual([])
})

it("each test file has its row in test/README.md, alone or by its folder, and each row its file", () => {
  const page = readFileSync(join(root, "test/README.md"), "utf8")
  const rows = [...page.matchAll(/^\| (`.+?`) \|/gm)].flatMap(([, first]) => {
    let folder = ""
    return [...first!.matchAll(/`([^`]+)`/g)].map(([, name]) => {
      const path = name!.includes("/") || folder === "" ? name! : folder + name
      folder = path.slice(0, path.lastIndexOf("/") + 1)
      return path
    })
  })
  const tests = list("test/**/*.test.ts").map((file) => file.slice("test/".length))
  const isIn = (row: string) => (test: string) => test === row || (row.endsWith("/") && test.startsWith(row))
  const missing = tests.filter((test) => !rows.some((row) => isIn(row)(test)))
  const stale = rows.filter((row) => !tests.some(isIn(row)))
  expect({ missing, stale }, "the table of test/README.md").toEqual({ missing: [], stale: [] })
})

/** Of rows of tables whose last column names tests (`faults/crash`): those that there are not. */
const untested = (text: string): ReadonlyArray<string> =>
  text
    .split(/^\| .* \| test \|$/m)
    .slice(1)
    .flatMap((rows) => rows.split("\n\n")[0]!.match(/^.*\|$/gm) ?? [])
    .flatMap((row) => [...row.slice(row.lastIndexOf("|", row.length - 2)).matchAll(/`([a-z][\w/-]*)`/g)])
    .map(([, name]) => name!)
    .filter((name) => !existsSync(join(root, "test", name)) && !existsSync(join(root, "test", `${name}.test.ts`)))

it("tests that operators are pointed to exist", () => {
  const text = readFileSync(join(root, "docs/operating.md"), "utf8")
  expect(untested(text)).toEqual([])
  const gone = text.replaceAll("`faults/postgres-trouble`", "`faults/nothing`").replaceAll("`config/config`", "`gone`")
  expect(new Set(untested(gone))).toEqual(new Set(["faults/nothing", "gone"]))
})
