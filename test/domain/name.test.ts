/** The normal form of names: whatever is seen, in one spelling. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { isNormal } from "../../src/domain/name.ts"

describe("a name", () => {
  it.each(["ann", "GIFT-001", "a b  c", "ann@example.org", "josé", "재고", "Ωmega", "šárka", "😀", "A", "~"])(
    "may be %s",
    (name) => {
      expect(isNormal(name)).toBe(true)
    },
  )

  it.each([
    ["a space before it", " ann"],
    ["a space behind it", "josé "],
    ["a decomposed letter", "jose\u0301"],
    ["a zero-width space", "jos\u200bé"],
    ["a byte order mark", "\ufeffann"],
    ["a soft hyphen", "an\u00adn"],
    ["a direction override", "\u202eann"],
    ["a variation selector", "ann\ufe0f"],
    ["a variation selector beyond the first plane", "ann\u{e0100}"],
    ["a tag", "ann\u{e0061}"],
    ["a zero-width joiner", "👩\u200d🚒"],
    ["a no-break space", "a\u00a0b"],
    ["an ideographic space", "a\u3000b"],
    ["a line separator", "a\u2028b"],
    ["a Hangul filler", "a\u3164b"],
    ["an empty Braille cell", "a\u2800b"],
    ["a line end", "a\nb"],
    ["a NUL", "a\u0000b"],
    ["half a surrogate pair", "a\ud83d"],
    ["a letter that has another form in NFC", "\u212bngström"],
  ])("is not normal with %s", (_, name) => {
    expect(isNormal(name)).toBe(false)
  })

  it("is normal in at most one of its canonical spellings", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        const spellings = new Set([name, name.normalize("NFC"), name.normalize("NFD")])
        expect([...spellings].filter(isNormal).length).toBeLessThanOrEqual(1)
      }),
    )
  })
})
