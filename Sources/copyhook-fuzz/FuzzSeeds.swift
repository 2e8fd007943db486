/// Good texts to start from: every operator, every shape.
enum FuzzSeeds {
    static let patterns = [
        #"{"type":["bot.published",{"prefix":"bot."}],"n":[1,1.0,10e-1]}"#,
        #"{"a":{"b":[{"exists":false}],"c":[{"exists":true}]}}"#,
        #"{"a":[{"anything-but":["x","y"]},{"anything-but":{"prefix":"a"}}]}"#,
        #"{"a":[{"anything-but":{"wildcard":["a*","*b*c"]}}],"a.b":[null,true,false]}"#,
        #"{"a":[{"numeric":[">",-5,"<=",3.5]}],"b":[{"numeric":["=",1e2]}]}"#,
        #"{"a":[{"wildcard":"bot/*/x*y"},{"suffix":{"equals-ignore-case":"ÄB"}}]}"#,
        #"{"a":[{"cidr":"10.0.0.0/8"},{"cidr":"2001:db8::/32"}]}"#,
        #"{"a":[{"equals-ignore-case":"Straße"},{"prefix":{"equals-ignore-case":"AB"}}]}"#,
        #"{"$or":[{"a":[1]},{"a":{"b":[2]}},{"b":["x"]}],"c":[3]}"#,
        #"{"e":{"a":[1],"b":[2],"f":{"c":[{"exists":false}]}}}"#,
        #"{"e":{"a":[{"suffix":"z"}],"b":["\u00e4\ud83d\ude00\\\""]}}"#,
        #"{"a":[{"wildcard":"*"},{"prefix":""},{"wildcard":"a\\*\\\\*"}]}"#,
    ]

    static let events = [
        #"{"type":"bot.published","n":1.0,"a":"bot/12/xy","b":100,"c":3}"#,
        #"{"a":[{"b":1},{"c":[true,null,{"d":"e"}]}],"e":[{"a":1,"b":2},{"a":"xz","b":3}]}"#,
        #"{"a.b":[1,2,{"c":"x"}],"a":{"b":"x","c":[]},"":{"":""}}"#,
        #"{"e":[[{"a":1}],[{"b":2,"f":[{"c":1},{}]}]],"a":"10.1.2.3"}"#,
        #"{ "a" : "STRASSE" , "b" : [ -0.0 , 1e400, 123456789012345678901234567890 ] }"#,
        #"{"a":"\u00e4\"\\\/\b\f\n\r\t\ud83d\ude00","b":"a*\\x","c":{}}"#,
        #"{"long":"0123456789012345678901234567890123456789012345678901234567890123456789","a":5}"#,
        #"{"deep":{"a":{"a":{"a":{"a":{"a":[[[[[[1]]]]]]}}}}},"a":"ÄB","e":[]}"#,
    ]
}
