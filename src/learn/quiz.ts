/** `jaego quiz`: twelve questions; with a number the model answer, and the command that proves it. */
import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { CommandFailed } from "../adapters/cli/command-failed.ts"
import { QUESTIONS, type Question } from "./questions.ts"

type Language = keyof Question["asked"]

/** Columns of a terminal that is not wide. A letter of Hangul takes two. */
const WIDTH = 96
const columns = (text: string): number => text.length + (text.match(/[가-힣]/g)?.length ?? 0)

/** Broken between words. */
const wrapped = (text: string, indent: string): string => {
  const lines = [""]
  for (const word of text.split(" ")) {
    const last = lines.at(-1)!
    if (last !== "" && columns(indent + last) + 1 + columns(word) > WIDTH) lines.push(word)
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`
  }
  return lines.map((line) => indent + line).join("\n")
}

const asked = (index: number, language: Language): string =>
  `${String(index + 1).padStart(2)}. ${wrapped(QUESTIONS[index]!.asked[language], "    ").trimStart()}`

const answered = (index: number, language: Language): string => {
  const { answer, proof } = QUESTIONS[index]!
  const prove = language === "en" ? "prove it" : "증명"
  return `${asked(index, language)}\n\n${wrapped(answer[language], "    ")}\n\n    ${prove}: ${proof}`
}

const NEXT: Question["asked"] = {
  en: "Answer aloud, then look: npx jaego quiz 1 (all of them: --all; 한국어: --language ko)",
  ko: "소리 내어 답한 뒤 확인하세요: npx jaego quiz 1 --language ko (모두 보기: --all)",
}

export const command = Command.make(
  "quiz",
  {
    question: Argument.String("question").pipe(
      Argument.withDescription(`1 to ${QUESTIONS.length}: its model answer; without it the questions are listed`),
      Argument.optional,
    ),
    language: Flag.Literals("language", ["en", "ko"]).pipe(
      Flag.withDescription("English or Korean"),
      Flag.withDefault("en" as const),
    ),
    all: Flag.Boolean("all").pipe(Flag.withDescription("Every answer"), Flag.withDefault(false)),
  },
  Effect.fnUntraced(function* ({ all, language, question }) {
    const indexes = Array.from(QUESTIONS.keys())
    if (all) return yield* Console.log(indexes.map((index) => answered(index, language)).join("\n\n"))
    if (Option.isNone(question))
      return yield* Console.log(`${indexes.map((index) => asked(index, language)).join("\n")}\n\n${NEXT[language]}`)
    const index = Number(question.value) - 1
    if (QUESTIONS[index] === undefined)
      return yield* new CommandFailed({
        message: `there are questions 1 to ${QUESTIONS.length}, not ${question.value}`,
      })
    yield* Console.log(answered(index, language))
  }),
).pipe(Command.withDescription("Twelve questions about selling what runs out, and answers that run"))
