/** The quiz: twelve questions in two languages, each proved by a command that exists. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { LESSONS } from "../../src/learn/lessons.ts"
import { QUESTIONS } from "../../src/learn/questions.ts"
import { killAll, ROOT, run } from "../support/service.ts"

afterAll(killAll)

/** Whether it is a lesson, the lab, or a test that is there. */
const exists = (command: string): boolean => {
  const [, lesson] = /^npx jaego learn (\S+)$/.exec(command) ?? []
  const [, file] = /^npm test -- (\S+)$/.exec(command) ?? []
  if (lesson !== undefined) return LESSONS.some(({ name }) => name === lesson)
  return file === undefined ? command === "npx jaego lab --quick" : existsSync(join(ROOT, file))
}

describe("jaego quiz", () => {
  it("has twelve questions, each answered in English and Korean, and proved by a command that exists", () => {
    expect(QUESTIONS).toHaveLength(12)
    for (const { answer, asked, proof } of QUESTIONS) {
      for (const { en, ko } of [answer, asked]) {
        expect(en).not.toMatch(/[가-힣]/)
        expect(ko).toMatch(/[가-힣]/)
      }
      expect(exists(proof), proof).toBe(true)
    }
  })

  it("asks, and answers when it is asked which", async () => {
    const { code, stdout } = await run(["quiz"])
    expect(code).toBe(0)
    expect(stdout.match(/^ ?\d+\. /gm)).toHaveLength(12)
    const answered = await run(["quiz", "2", "--language", "ko"])
    expect(answered.stdout).toContain("낙관적 락")
    expect(answered.stdout).toContain("증명: npx jaego learn locks")
    expect(await run(["quiz", "13"])).toMatchObject({ code: 1, stderr: expect.stringContaining("1 to 12, not 13") })
  })
})
