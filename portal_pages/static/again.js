(()=>{async function look(){try{if((await fetch("/"+location.search,{cache:"no-store"})).ok){location.replace("/"+location.search);return}}catch(_){}setTimeout(look,5000)}setTimeout(look,5000)})()
