/** Each lesson goes wrong without its cure and holds with it. */
import { afterAll, expect, it } from "vitest"
import { LESSONS } from "../../src/learn/lessons.ts"
import { bareDatabaseOn } from "../support/database-server.ts"
import { serverUrl } from "../support/postgres.ts"
import { killAll, run } from "../support/service.ts"

afterAll(killAll)

it.each(LESSONS.map((lesson) => [lesson.name, lesson] as const))(
  "%s fails without and holds with",
  async (_, lesson) => {
    const printed: Array<string> = []
    const stage = {
      print: (line: string) => void printed.push(line),
      database: async () => bareDatabaseOn(await serverUrl()),
    }
    expect(await lesson.run(stage), printed.join("\n")).toEqual({ failed: true, held: true })
  },
)

it("jaego learn lists the lessons, takes one by its number, and says when there is none", async () => {
  const listed = await run(["learn"])
  for (const { name } of LESSONS) expect(listed.stdout).toContain(name)
  const taken = await run(["learn", "1"])
  expect(taken.code, taken.stderr).toBe(0)
  expect(taken.stdout).toContain("without the cure it went wrong, with it it held")
  expect(await run(["learn", "hope"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("there is no lesson hope"),
  })
})
