"""A naive verifier of HMAC tokens, random requests, and `tenancy token verify --batch` held against it.

    reference.py TENANCY SEED CASES

Written from the rules in extension/core/verify.hpp with Python's own JSON, base64 and HMAC.
"""
import base64
import hashlib
import hmac
import json
import math
import random
import subprocess
import sys
import tempfile

now = 1_800_000_000
secret = bytes(range(64))
hashes = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


class Refused(Exception):
    pass


def demand(holds):
    if not holds:
        raise Refused


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


# --- the reference ----------------------------------------------------------------------------------

def decode(text):
    demand(all(c in alphabet for c in text) and len(text) % 4 != 1)
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    demand(encode(data) == text)
    return data


def read_object(data):
    """One strict JSON object: no duplicates, no U+0000, numbers in range, 32 levels."""
    def members(pairs):
        demand(len({name for name, _ in pairs}) == len(pairs))
        return dict(pairs)

    def refuse(_):
        raise Refused

    def integer(text):
        demand(len(text) < 30 and -2**63 <= int(text) < 2**63)
        return int(text)

    def real(text):
        demand(not math.isinf(float(text)))
        return float(text)

    def check(value, depth):
        demand(depth <= 32)
        if isinstance(value, str):
            demand("\0" not in value and not any("\ud800" <= c <= "\udfff" for c in value))
        inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
        for name in value if isinstance(value, dict) else []:
            check(name, depth)
        for element in inner:
            check(element, depth + isinstance(element, (dict, list)))

    try:
        text = data.decode("utf-8")
        demand("\0" not in text and not text.startswith("\ufeff"))
        value = json.loads(text, object_pairs_hook=members, parse_constant=refuse, parse_int=integer, parse_float=real)
    except (ValueError, RecursionError):
        raise Refused
    demand(isinstance(value, dict))
    check(value, 1)
    return value


def is_date(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 253402300799


def check_claims(claims, request):
    demand("cnf" not in claims)
    if "issuer" in request or "iss" in claims:
        demand(isinstance(claims.get("iss"), str))
    if "issuer" in request:
        demand(claims["iss"] == request["issuer"])
    if "audience" in request:
        audience = claims.get(request.get("audience_claim", "aud"))
        audience = [audience] if isinstance(audience, str) else audience
        demand(isinstance(audience, list) and all(isinstance(a, str) for a in audience))
        demand(request["audience"] in audience)
    demand("exp" in claims and all(is_date(claims[name]) for name in ("exp", "nbf", "iat") if name in claims))
    demand(math.floor(claims["exp"]) > now)
    demand(all(math.ceil(claims[name]) <= now for name in ("nbf", "iat") if name in claims))
    for name in request.get("required", []):
        demand(name in claims)
        demand(name in ("exp", "nbf", "iat") or (isinstance(claims[name], str) and claims[name] != ""))
    for name, value in request.get("required_claims", {}).items():
        demand(isinstance(claims.get(name), str) and claims[name] == value)
    if "sub" in claims:
        demand(isinstance(claims["sub"], str) and 1 <= len(claims["sub"].encode()) <= 255)
        demand(not any(ord(c) < 0x20 or 0x7f <= ord(c) <= 0x9f for c in claims["sub"]))


def check_token(request):
    token = request["token"]
    demand(len(token.encode()) <= 16384)
    segments = token.split(".")
    demand(len(segments) == 3)
    header, payload, signature = map(decode, segments)
    header = read_object(header)
    demand(not any(name in ("b64", "crit", "cty", "enc", "jku", "jwk", "zip") or name.startswith("x5") for name in header))
    demand(isinstance(header.get("alg"), str) and header["alg"] in hashes)
    demand(header.get("kid", "k") == "k" and isinstance(header.get("typ", ""), str))
    signed = (segments[0] + "." + segments[1]).encode()
    demand(hmac.new(secret, signed, hashes[header["alg"]]).digest() == signature)
    if not request.get("signature_only"):
        check_claims(read_object(payload), request)


# --- what is asked ----------------------------------------------------------------------------------

values = """1 0 -1 -0 -0.0 1.5 1e3 1E3 1e+3 1e-400 1e400 1800000000 1800000000.0 1800000000.5 1800000001 1799999999
    1800000600 1.8000006e9 18000006e2 253402300799 253402300799.5 253402300800 9223372036854775807 9223372036854775808
    -9223372036854775808 -9223372036854775809 18446744073709551616 01 +1 .5 1. 0x10 NaN Infinity true false null True
    "s" "" "app" "i" "app\\u0000" "\\u0061pp" "\\ud800" "\\ud83d\\ude00" "\u00e9" "\x7f" "\x85" "a\\nb" "a\\u0085"
    "\\/" "\\x" [] ["app"] ["x","app"] ["app",1] [["app"]] ["app",] {} {"a":1,"a":2} {"a":1,"\\u0061":2} {"a":{"b":1}}
    "access" """.split(" ")
values = [v.strip("\n") for v in values if v.strip("\n")]
values += ['"\n"', "1" * 29, "1" * 400, "0." + "1" * 400]
values += ['"' + c * n + '"' for c, n in (("s", 255), ("s", 256), ("\u00e9", 127), ("\u00e9", 128))]
names = ["iss", "aud", "sub", "exp", "nbf", "iat", "client_id", "token_use", "cnf", "jti", "x", "\\u0065xp",
         "\\u0073ub", "exp ", "", "a\\u0000", "\x01", "crit", "alg"]
no_objects = ["", "[]", "null", "1", '"x"', "{", "{}x", '{"exp":1900000000}\0', "\ufeff{}", "{,}", '{"exp":1900000000,}',
              '{"exp" : 1900000000 , "sub":"s"}\n', ' {"exp":1900000000}', '{"exp":1900000000}//',
              '{"exp":1900000000/**/}', "{'exp':1900000000}"]
header_names = ["kid", "typ", "crit", "jku", "jwk", "x5c", "x5", "x5tx", "X5C", "b64", "zip", "enc", "cty", "alg",
                "\\u0061lg", "k", "kiD", "cri\\u0074", ""]
header_values = ['"k"', '"k"', "null", "1", '""', '"K"', '"k\\u0000"', "[]", '["k"]', "{}", '"JWT"', "true"]
algorithms = ['"HS256"', '"HS256"', '"HS512"', '"none"', '"hs256"', '"HS256 "', '"RS256"', '"\\u0048S256"', "null",
              "1", '["HS256"]', '"HS256\\u0000"']


def some_claims(r):
    if r.random() < 0.03:
        return r.choice(no_objects)
    members = [("iss", '"i"'), ("aud", '"app"'), ("sub", '"s"'), ("exp", "1800000600"), ("iat", "1799999900"),
               ("token_use", '"access"')]
    for _ in range(r.choice([0, 0, 1, 1, 1, 2, 3])):
        kind, place = r.random(), r.randrange(len(members)) if members else 0
        if kind < 0.25 and members:
            members.pop(place)
        elif kind < 0.7 and members:
            members[place] = (members[place][0], r.choice(values))
        elif kind < 0.9:
            members.insert(place, (r.choice(names), r.choice(values)))
        else:
            depth = r.choice([1, 28, 29, 30, 31, 32, 33])
            members.append(("deep", r.choice(["[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth])))
    blank = r.choice(["", "", " ", "\t\n\r "])
    inside = ("," + blank).join(f'"{name}"{blank}:{blank}{value}' for name, value in members)
    return "{" + blank + inside + blank + "}" + blank


def some_header(r):
    if r.random() < 0.7:
        return '{"alg":"%s"%s}' % (r.choice(list(hashes)), r.choice(["", "", ',"kid":"k"', ',"kid":"k"', ',"typ":"JWT"']))
    members = [("alg", r.choice(algorithms))]
    for _ in range(r.randrange(3)):
        members.insert(r.randrange(len(members) + 1), (r.choice(header_names), r.choice(header_values)))
    return "{" + ",".join(f'"{name}":{value}' for name, value in members) + "}"


def changed(r, token):
    if r.random() < 0.75:
        return token
    i = r.randrange(len(token) + 1)
    head, tail = token[:i], token[i:]
    return r.choice([head + r.choice("=+/ .\n\0-_A\u00e9\u2603") + tail, head + tail[1:], head + r.choice(alphabet) + tail[1:],
                     head, token + r.choice(["\n", "=", ".", "\0", "A"]), r.choice(["Bearer ", " ", "\ufeff", "\0"]) + token,
                     token.replace(".", "..", 1), token + "A" * 16384])


def some_request(r):
    header, claims = some_header(r).encode(), some_claims(r).encode()
    if r.random() < 0.05:
        i, j = r.randrange(len(claims) + 1), r.randrange(len(claims) + 1)
        claims = claims[:i] + bytes([r.randrange(256)]) + claims[j:]
    algorithm = next((name for name in ("HS384", "HS512") if name.encode() in header), "HS256")
    signed = encode(header) + "." + encode(claims)
    token = signed + "." + encode(hmac.new(secret, signed.encode(), hashes[algorithm]).digest())
    request = {"jwks": json.dumps({"keys": [{"kty": "oct", "kid": "k", "k": encode(secret)}]}),
               "token": changed(r, token), "now": now}
    if r.random() < 0.15:
        request["signature_only"] = True
    if r.random() < 0.5:
        request["issuer"] = r.choice(["i", "i", "i", "j"])
    if r.random() < 0.5:
        request["audience"] = "app"
        if r.random() < 0.2:
            request["audience_claim"] = r.choice(["client_id", "aud"])
    if r.random() < 0.4:
        request["required"] = r.sample(["exp", "sub", "iat", "nbf", "token_use", "jti", "aud"], r.randrange(4))
    if r.random() < 0.3:
        request["required_claims"] = {"token_use": "access"}
    return request


def expected(request):
    try:
        check_token(request)
        return True
    except Refused:
        return False


def main():
    tenancy, seed, cases = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    r = random.Random(seed)
    requests = [some_request(r) for _ in range(cases)]
    with tempfile.TemporaryFile() as lines:
        lines.writelines((json.dumps(request) + "\n").encode() for request in requests)
        lines.seek(0)
        out = subprocess.run([tenancy, "token", "verify", "--batch"], stdin=lines, capture_output=True, check=True).stdout
    answers = [json.loads(line) for line in out.splitlines()]
    verdicts = [expected(request) for request in requests]
    different = [i for i in range(min(len(answers), cases)) if answers[i]["ok"] != verdicts[i]]
    for i in different[:5]:
        print(f"# {answers[i]}, not {verdicts[i]}: {json.dumps(requests[i])}"[:2000])
    good = not different and len(answers) == cases
    print(f"{'ok' if good else 'not ok'} 1 - {cases} random tokens, {sum(verdicts)} of them good, {len(different)} verdicts differ")
    enough = cases // 10 < sum(verdicts) < cases // 2
    print(f"{'ok' if enough else 'not ok'} 2 - a good part of them is good, and a good part is not")
    print("1..2")


main()
