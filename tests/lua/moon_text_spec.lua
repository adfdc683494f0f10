-- moon.text: what each function promises in its comment.

local text = require("tests.lua.kit").load().moon_text

describe("moon.text", function()
    it("trims and squeezes white space", function()
        for _, row in ipairs({
            { "", "", "" }, { "  ", "", "" }, { " a ", "a", "a" }, { "\ta  b\n\n", "a  b", "a b" }, { "a", "a", "a" },
        }) do
            assert.equal(row[2], text.trim(row[1]))
            assert.equal(row[3], text.squeeze(row[1]))
        end
    end)

    it("splits at plain separators", function()
        assert.same({ "a", "b", "" }, text.split("a,b,"))
        assert.same({ "" }, text.split(""))
        assert.same({ "a", "b.c" }, text.split("a.b.c", ".", 2))
        assert.same({ "a", "b" }, text.split("a--b", "--"))
        assert.has_error(function() text.split("a", "") end)
    end)

    it("takes lines with any ending", function()
        assert.same({ "a", "", "b", "c" }, text.lines("a\r\n\r\nb\rc\n"))
        assert.same({}, text.lines(""))
    end)

    it("finds words in any script", function()
        assert.same({ "Don't", "stop", "Größe", "e-mail", "42" }, text.words("Don't stop! Größe (e-mail-) '42'"))
        assert.same({}, text.words(" .,; "))
    end)

    it("finds sentences", function()
        assert.same({ "Hi there.", "How are you?!", "(Fine.)", "Bye" }, text.sentences("Hi there. How are you?!  (Fine.) Bye"))
        assert.same({}, text.sentences("  "))
        assert.same({ "Version 1.2 is out." }, text.sentences("Version 1.2 is out."))
    end)

    it("counts and cuts characters, not bytes", function()
        assert.equal(5, text.length("Größe"))
        assert.equal("Größe", text.truncate("Größe", 5))
        assert.equal("Gr...", text.truncate("Größenwahn", 5))
        assert.equal("Grö", text.truncate("Größe", 3, ""))
        assert.equal("ab", text.truncate("abc", 2))
        assert.equal("a...", text.truncate("a   bcd", 6))
    end)

    it("makes slugs", function()
        assert.equal("grosse-fuesse-cafe", text.slug("  Große Füße: Café! "))
        assert.equal("", text.slug("???"))
    end)

    it("wraps at spaces", function()
        assert.equal("one two\nthree\nfour-and-long\nx", text.wrap("one two three four-and-long x", 8))
        assert.equal("a\n\nb", text.wrap("a\n\nb", 10))
    end)

    it("compares without regard to case unless told", function()
        assert.is_true(text.contains("Hello World", "WORLD"))
        assert.is_false(text.contains("Hello World", "WORLD", { case = true }))
        assert.is_true(text.contains("a.b", "."))
        assert.is_true(text.starts_with("abc", "ab"))
        assert.is_true(text.ends_with("abc", "bc"))
        assert.is_true(text.ends_with("abc", ""))
        assert.is_false(text.ends_with("abc", "abcd"))
    end)

    it("measures similarity from 0 to 1", function()
        assert.equal(1, text.similarity("refund", "REFUND"))
        assert.equal(0, text.similarity("abc", "xyz"))
        assert.equal(1, text.similarity("", ""))
        assert.equal(0, text.similarity("", "!"))
        assert.is_true(text.similarity("reset my password", "password reset") > 0.6)
        assert.is_true(text.similarity("a b", "b a") == 1)
    end)

    it("refuses what is no text", function()
        for name, fn in pairs(text) do
            assert.has_error(function() fn({}) end, nil, name)
        end
    end)
end)
