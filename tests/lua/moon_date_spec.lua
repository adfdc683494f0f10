-- moon.date: ISO 8601 and arithmetic in UTC.

local date = require("tests.lua.kit").load().moon_date

describe("moon.date", function()
    it("parses dates and times", function()
        for text, expected in pairs({
            ["1970-01-01"] = 0, ["2024-02-29"] = 1709164800, ["2024-02-29T00:00"] = 1709164800,
            ["2024-02-29T12:30:15Z"] = 1709209815, ["2024-02-29 12:30:15.250Z"] = 1709209815.25,
            ["2024-02-29T12:30:15+02:00"] = 1709202615, ["2024-02-29T12:30:15-0530"] = 1709229615,
            ["2024-02-29T12:30:15+02"] = 1709202615, [" 2024-02-29T23:59:60Z "] = 1709251200,
        }) do
            assert.equal(expected, date.parse(text), text)
        end
    end)

    it("refuses what is no date", function()
        for _, text in ipairs({
            "", "2024", "2024-2-9", "2023-02-29", "2024-13-01", "2024-00-10", "2024-04-31", "2024-02-29T24:00:00Z",
            "2024-02-29T12:60Z", "2024-02-29T12:30:15+2", "2024-02-29T12:30:15X", "2024-02-29Tnoon", ("9"):rep(100),
        }) do
            local value, err = date.parse(text)
            assert.is_nil(value, text)
            assert.is_string(err)
        end
    end)

    it("formats", function()
        assert.equal("2024-02-29T12:30:15Z", date.format(1709209815.9))
        assert.equal("29.02.2024", date.format(1709209815, "%d.%m.%Y"))
        assert.equal(5, date.parts(1709209815).wday)
    end)

    it("adds", function()
        local leap = date.parse("2024-01-31T10:00:00Z")
        assert.equal("2024-02-29T10:00:00Z", date.format(date.add(leap, { months = 1 })))
        assert.equal("2023-02-28T10:00:00Z", date.format(date.add(leap, { years = -1, months = 1 })))
        assert.equal("2023-12-31T10:00:00Z", date.format(date.add(leap, { months = -1 })))
        assert.equal("2024-02-08T11:00:30Z", date.format(date.add(leap, { weeks = 1, days = 1, hours = 1, seconds = 30 })))
        assert.has_error(function() date.add(leap, { fortnights = 1 }) end)
    end)

    it("measures", function()
        local a, b = date.parse("2024-03-01"), date.parse("2024-02-28")
        assert.equal(2, date.diff(a, b, "days"))
        assert.equal(-48, date.diff(b, a, "hours"))
        assert.equal(172800, date.diff(a, b))
    end)

    it("finds the start of a unit", function()
        local t = date.parse("2024-02-29T12:30:15.5Z") -- a Thursday
        for unit, expected in pairs({
            year = "2024-01-01T00:00:00Z", month = "2024-02-01T00:00:00Z", week = "2024-02-26T00:00:00Z",
            day = "2024-02-29T00:00:00Z", hour = "2024-02-29T12:00:00Z", minute = "2024-02-29T12:30:00Z",
        }) do
            assert.equal(expected, date.format(date.start_of(t, unit)))
        end
        assert.has_error(function() date.start_of(t, "century") end)
    end)
end)
