module mcgen/tools/helloworld

go 1.26.0

tool mcgen/tools/helloworld
