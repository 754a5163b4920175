"""The look of the page: its style sheet and its frame."""

from string import Template

DARK = "screen and (prefers-color-scheme:dark)"

STYLE = """
:root{color-scheme:light dark;--paper:#fff;--ink:#1f2328;--soft:#59616b;--line:#dfe2e6;
--accent:#0072b2;--wash:#f5f6f7}
@media screen and (prefers-color-scheme:dark){:root{--paper:#15181d;--ink:#e8eaed;--soft:#a3abb5;
--line:#2f353d;--accent:#4aa3df;--wash:#1c2026}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);
font:17px/1.55 "Iowan Old Style","Palatino Linotype",Palatino,"URW Palladio L",P052,Georgia,serif;
-webkit-text-size-adjust:100%}
.page{max-width:1060px;margin:0 auto;padding:72px 32px 96px}
h1,h2{font-weight:400;line-height:1.2;margin:0;text-wrap:balance}
h1{font-size:44px;letter-spacing:-.01em}
h1 span{color:var(--soft)}
h2{font-size:28px;margin:0 0 20px}
a{color:var(--accent);text-underline-offset:3px;text-decoration-thickness:1px}
.eyebrow,.byline,.protocol,figcaption,table,caption,.excuse,.scale text{
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.eyebrow{font-size:13px;color:var(--soft);margin:0 0 14px;overflow-wrap:anywhere}
.byline{font-size:15px;margin:14px 0 0}
.headline{display:flex;gap:40px;align-items:center;margin:44px 0 0;padding:28px 0;
border-top:1px solid var(--line);border-bottom:1px solid var(--line)}
.number{font-size:84px;line-height:1;margin:0;font-variant-numeric:lining-nums tabular-nums;
letter-spacing:-.02em}
.headline div{flex:1;max-width:560px}.headline div p{margin:10px 0 0}
.scale{display:block;width:100%;height:auto}
.rail{stroke:var(--line);stroke-width:2;stroke-linecap:round}.tick{stroke:var(--soft);stroke-width:1.5}
.band{fill:var(--accent);opacity:.35}.dot{fill:var(--accent)}
.scale text{fill:var(--soft);font-size:12px}
.protocol{font-size:14px;color:var(--soft);margin:16px 0 0}
.excuse{font-size:15px;background:var(--wash);padding:12px 16px;border-radius:4px;
margin:32px 0 0;overflow-wrap:anywhere}
nav{margin:40px 0 0}nav ol{list-style:none;margin:0;padding:0;columns:3;column-gap:40px}
nav li{padding:2px 0;break-inside:avoid}
section{margin-top:72px;scroll-margin-top:8px}
section h2{padding-top:20px;border-top:1px solid var(--line)}
.plates{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));column-gap:44px;
align-items:start}
.full{grid-column:1/-1}figure.full{max-width:760px}aside.full{display:grid;column-gap:44px;
grid-template-columns:repeat(2,minmax(0,1fr));margin-bottom:16px}
figure{margin:0 0 36px;break-inside:avoid}
figure svg{display:block;width:100%;height:auto}
figure svg *{stroke-linejoin:round;stroke-linecap:butt}
.letters{position:absolute;width:0;height:0}.narrow,.dark{display:none!important}
@media screen and (prefers-color-scheme:dark){.light{display:none!important}
.dark{display:inline!important}}
figcaption{font-size:13px;color:var(--soft);margin-top:8px}figcaption a{white-space:nowrap}
figcaption b{font-weight:600}
aside{font-size:16px}aside>p{margin:0 0 20px}
aside ul{list-style:none;margin:0;padding:0}
aside li{border-left:3px solid var(--accent);padding:0 0 0 14px;margin:0 0 16px}
footer{margin-top:88px}footer h2{padding-top:20px;border-top:1px solid var(--line)}
pre{font:14px/1.6 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;
background:var(--wash);border-radius:4px;padding:16px 18px;margin:0 0 32px;white-space:pre-wrap;
overflow-wrap:anywhere}
.tables{display:grid;grid-template-columns:1fr 1fr;gap:52px;align-items:start}
table{border-collapse:collapse;width:100%;font-size:14px}
caption{text-align:left;color:var(--soft);font-size:13px;padding-bottom:6px}
th,td{text-align:left;font-weight:400;padding:6px 0;border-top:1px solid var(--line);
vertical-align:top;overflow-wrap:anywhere}
th{color:var(--soft);width:42%;padding-right:16px}
.runs{margin-top:32px}.runs td:nth-child(2){font-variant-numeric:tabular-nums;width:6em}
.sideways{overflow-x:auto}.settings th,.settings td{width:auto;padding-right:20px;min-width:7em}
.differs td{font-weight:600}
@media (max-width:860px){section{margin-top:64px}nav ol{columns:2}
.plates,aside.full{grid-template-columns:minmax(0,1fr)}figure.full{max-width:none}
figure{margin-bottom:20px}.tables{grid-template-columns:1fr;gap:32px}}
@media screen and (max-width:600px){nav ol{columns:1}
.wide{display:none!important}
.narrow{display:block!important}body{font-size:16px}.page{padding:36px 20px 64px}h1{font-size:32px}
h2{font-size:24px}.headline{display:block;margin-top:28px;padding:22px 0}
.number{font-size:64px;margin-bottom:16px}}
@media print{body{font-size:10.5pt}.page{max-width:none;padding:0}section{margin-top:28pt}
.plates{column-gap:24pt}h2{break-after:avoid}a{color:inherit}nav,figcaption a{display:none}}
"""

PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>$title</title>
<style>$style</style>
</head>
<body><div class="page">
$body
</div></body>
</html>
""")
