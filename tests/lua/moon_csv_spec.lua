-- moon.csv against RFC 4180.

local csv = require("tests.lua.kit").load().moon_csv

describe("moon.csv", function()
    it("reads rows by the names of the header", function()
        assert.same({ { a = "1", b = "2" }, { a = "3" } }, csv.decode("a,b\r\n1,2\r\n3\r\n"))
    end)

    it("reads quoted cells with separators, quotes and line ends in them", function()
        assert.same({ { 'a"b', "c,d", "e\r\nf", "" } }, csv.decode('"a""b","c,d","e\r\nf",""', { header = false }))
    end)

    it("takes any line end, a byte order mark, and skips empty lines", function()
        assert.same({ { "a" }, { "b" }, { "c" } }, csv.decode("\239\187\191a\rb\n\n\r\nc", { header = false }))
    end)

    it("takes other separators, also those that are magic in patterns", function()
        for _, separator in ipairs({ ";", "\t", "|", ".", "%" }) do
            assert.same({ { "a", "b" } }, csv.decode("a" .. separator .. "b", { header = false, separator = separator }))
        end
    end)

    it("says what is wrong", function()
        assert.same({ nil, "row 1: a quoted cell does not end" }, { csv.decode('"a') })
        assert.same({ nil, "row 2: text after a quoted cell" }, { csv.decode('a\n"b"c') })
    end)

    it("writes what it reads", function()
        local rows = { { name = 'x, "y"', n = 1 }, { name = "line\nbreak" } }
        local text = csv.encode(rows)
        assert.equal('n,name\r\n1,"x, ""y"""\r\n,"line\nbreak"\r\n', text)
        assert.same({ { name = 'x, "y"', n = "1" }, { name = "line\nbreak", n = "" } }, csv.decode(text))
    end)

    it("writes the columns it is told", function()
        assert.equal("b\r\n2\r\n", csv.encode({ { a = 1, b = 2 } }, { columns = { "b" } }))
        assert.equal("1;2\r\n", csv.encode({ { 1, 2 } }, { header = false, separator = ";" }))
        assert.equal("", csv.encode({}, { header = false }))
    end)
end)
