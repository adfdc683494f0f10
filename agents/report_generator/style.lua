-- The page's style: one column of text, charts beside findings where there is room, light, dark and on paper.

local svg = require "svg"

return ":root{" .. svg.VARIABLES .. [[;color-scheme:light dark}
@media(prefers-color-scheme:dark){:root{]] .. svg.DARK .. [[}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1040px;margin:0 auto;padding:56px 32px 48px}
header{border-top:4px solid var(--c1);padding-top:22px;margin-bottom:36px}
.eyebrow{font-size:13px;letter-spacing:.08em;text-transform:uppercase;color:var(--soft);margin:0 0 10px}
h1{font-size:40px;line-height:1.12;letter-spacing:-.02em;margin:0 0 8px;font-weight:700;text-wrap:balance}
.sub{color:var(--soft);margin:0 0 22px}
.lead{font-size:19px;line-height:1.55;max-width:46em;margin:0}
.answer{margin:24px 0 0;padding:14px 18px;border-left:4px solid var(--c2);background:var(--wash);max-width:52em}
.answer p{margin:0}.answer .q{font-weight:600;margin-bottom:4px}
h2{font-size:22px;letter-spacing:-.01em;margin:52px 0 8px;padding-bottom:8px;border-bottom:1px solid var(--grid)}
h3{font-size:19px;line-height:1.3;margin:0 0 8px;text-wrap:balance}
h4{font-size:15px;margin:26px 0 8px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(172px,1fr));gap:0;border:1px solid var(--grid);border-radius:10px;overflow:hidden}
.tile{padding:16px 18px 12px;box-shadow:1px 1px 0 var(--grid)}
.tile .k{font-size:13px;color:var(--soft);margin:0}
.tile .b{font-size:28px;line-height:1.25;font-weight:650;letter-spacing:-.02em;margin:2px 0 0}
.tile .w{font-size:12px;color:var(--soft);margin:0 0 6px}
.tile .c{font-size:12.5px;margin:0 0 6px;color:var(--soft)}
.up,.down,.same{font-weight:650}.same{color:var(--ink)}.up{color:var(--up)}.down{color:var(--down)}
.tile svg{max-width:150px}
figure{margin:0}figcaption{font-size:13px;color:var(--soft);margin:0 0 8px;font-weight:600}
.wide{margin:36px 0 0}
.finding{display:grid;grid-template-columns:minmax(0,5fr) minmax(0,6fr);gap:36px;padding:28px 0;border-bottom:1px solid var(--grid);align-items:start}
.finding.alone{grid-template-columns:minmax(0,1fr)}.finding.alone>div{max-width:46em}
.finding p{margin:0 0 10px}
.num{font-size:13px;color:var(--c1);font-weight:700;margin:0 0 4px!important}
.ev{font-size:13.5px;color:var(--soft)}
.steps{padding-left:22px;max-width:50em}.steps li{margin:6px 0}
table{border-collapse:collapse;width:100%;font-size:14px}
.scroll{overflow-x:auto}
th,td{padding:6px 12px 6px 0;text-align:right;border-bottom:1px solid var(--grid);white-space:nowrap}
th:first-child,td:first-child{text-align:left;white-space:normal}
th{font-weight:600;color:var(--soft)}
.notes{padding-left:20px;font-size:15px;max-width:54em}.notes li{margin:5px 0}.notes span{color:var(--soft)}
.method{font-size:14px;color:var(--soft);max-width:58em}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:8px 44px}.pair>:first-child{grid-column:1/-1}
@media screen and (max-width:760px){main{padding:28px 18px}h1{font-size:30px}.lead{font-size:17px}.finding{grid-template-columns:1fr;gap:18px}.pair{grid-template-columns:1fr}.wide{overflow-x:auto}.wide svg{min-width:680px}}
@media print{:root{]] .. svg.VARIABLES .. [[;color-scheme:light}@page{size:A4;margin:16mm 15mm}body{font-size:10.5pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}main{padding:0;max-width:none}h1{font-size:26pt}.lead{font-size:12.5pt}.tile .b{font-size:17pt}.tiles{grid-template-columns:repeat(5,1fr)}.tile{padding:10px}.finding,.wide,.tile,tr,.answer{break-inside:avoid}h2,h3,h4{break-after:avoid}.finding{grid-template-columns:minmax(0,1fr) minmax(0,1.05fr);gap:24px;padding:14px 0}h3{font-size:12.5pt}.ev{font-size:9pt}.wide{margin:18px 0 0}h2{margin-top:24px}td,th{padding-top:3px;padding-bottom:3px;font-size:9pt}}
]] .. svg.RULES
