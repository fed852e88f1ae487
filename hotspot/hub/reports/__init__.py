"""The monthly report of a town (pure): rows in, figures out.

Words: a **month** is ``2026-10``; of the month that goes on only the days that are over count. **Measured** is the time in which a hall had
a gateway that had been heard of; a hall was **away** while one of its gateways was not heard or said that visitors are not served.

To read: ``months`` (which days), ``availability`` (away or not), ``values`` (what a report says), ``making`` (rows become a report),
``charts`` (places and sizes of bars). ``hotspot.hub.store.monthly`` fetches the rows; ``hotspot.hub.console.report_words`` says them.
"""
