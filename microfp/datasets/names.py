"""Names to learn from: made up for this project, of syllables, a thousand and some more.

>>> len(names()), names()[:3]
(1209, ('adafin', 'aen', 'albera'))
"""

__all__ = ["names"]


def names() -> tuple[str, ...]:
    """The names, in the order of the alphabet; none of them is anybody's.

    >>> "".join(sorted(set("".join(names()))))[:5]
    'abcde'
    """
    return tuple(_NAMES.split())


_NAMES = """
adafin aen albera aldoka alela alfibiyn algaton alilis alleseon allin almaro almenia alna
alnasha alsatin alsera alterin altha altin alzefiris amoan ano aos arbiela arbieth ardithea
ardoren areian argazeyn armadis armiora armiris armovin arneiel arnel arsanar arseen arteeth
artiria arven arvia aseas ato azalo azaos bebaka bedadiyn bedeson bedomir bejakeris beldeia
beldis beldoren beleden belmiyn belnaus belnison belos belrideos belrin belro belrosa belsalin
beltaus beltinar belveon bematan bemema benia bera beritiwen betaos bethea beveron bevia
bevilen bevin bevizo bewin bezara bribelan bribeton brikewin brikirin brikitan brilia brilin
brilovia brilurazo briry brisena briseus brivedis brivin caderotan cadien cadis cakika calana
calgama calgavia caljalin callewin callury calnonia calriva calseyn calvimede calya camivia
canerin carin catero catesha caya corbatan corlor corneora corninis cornis cortin cortinode
corzaia corzewin corzo dabaron dabikinia dadiren dalios damedoton damizo damodizo daon daora
daraen dasa daseden datathea datelan datigania datova davemotha delbaron delbilia delden
deline delkeluel delketo dellary dellia delmiora delraora delro dorana dorberis dorfinis
dorjaveto dorkinia dorlan dorlide dorliven dorluma dorrevin dorrika dorrilen dorsilo dorson
dorthea dorto dorus dorvin dorviry eana edatan edilis eel efinero efinonel egazavin eiel
ejanika ekitan elas elkedolin ellaos elmar elmefin elmoven elnalan elnel elnereto elniton
elsazo elsekata eltha eltia elumimar elvireva emoren eneina eneron erdamir erdelia erel erelen
eritha erlelen erlor erlositan ernelor ernis erotonis errifiria errin ersha ertan erteela
ertoana ertodiel ervide erzelor esara esiraiel ethea eto ezaon faden fadiluzo fadoris fafin
fafiren faine falulor famar fametha fanilova fanis faroris farozo faseus faseveton fason
fatetato favin fena fenbios fendotha fenjatin fenkisha fenmir fenmivia fenro fensade fentea
fentha fentinel fenvin fenya fenzaviry fian fide filawin fimilia finikeno firon firoson
fisadosa fisirenia fitin fizeris floan flodador flodasa flogalan flolan floleiel flolusha
flomamar flonebia floniyn flonomir floos floranel flosata floviya flozenia gabemeis gadason
gadeson galbary galdinia galeth galgaos gallomar galnazo galneris galninel galogato galtama
galtethea galululor galwen gamesamir gania gara garazevia garede garis garotan gatha gatigaria
gavelias gavito gwean gwebilor gwedodor gweela gwegadis gwegaora gweka gwelewen gwelo gweluel
gwemeen gwenis gweon gwereina gwerota gwesea gwetael gwezo habera habilalan hadimery hadiwen
hafisha hakalo halewin halor hanenano haniron harelen haretia harofin harovelo hatala havalan
havia havin hawin hazekalis helas heldara helfito helmaven helrilin helsha heltia helvia
helvikary helzeia ideson idis ikilen ilavaine ilazalin ilis ilkenar ilkitin illede illis
ilmalo ilmidotin ilmomelia ilnaora ilnaro ilnero ilnian ilno ilos ilrin ilron ilrowin ilsirin
iltenar iltin ilus ilvania inabios inota isdatia iseela isfiora islor islulaton ismir isnar
issade issanel issewin itason itiya ius ivaven izelin jabenar jadosha jafin jalis jaloberis
jamedis janaian jaon jasevefin jata javadis javira jazo jobelidis jobitha joiel jolelo joloos
joma jomir jonaela jonavilan jorolo jorotiris josaina joseva josha jovia jozazo junana
jundonia junel junlazesa junmelor junmofin junnar junren junsha kaen kaka kakiry kalathea
kanador kariya kasetia kasha kavalia kazeka kelbalis kelganel kelnavia kelren kelrineis kelwin
kibetin kieth kilalan kilifisa kimata kinodis kirolis kitan kito kivin kizanel kizo ladithea
lafin lagafin laiel lalan lalavatin lalelan lameden lameian lanary lanbade lanbano landela
landor lanel lanen laniel lanlude lanma lanmibelo lanmitia lanmoiel lannar lanneen lanra
lanrewin lanriden lanrinel lanrito lanro lansakeva lansevin lansha lantefin lantirin lantoma
lanton lanvia lanvin lanzaro lanzo laora latalis latha lavaina laven laviora legade leine
lekilis lemila lemison lenena leroya lesien lesita letiren lezelan linbanera lindor lineth
linfin linjania linkatha linlan linlethea linlolis linlomesa linnidis linra linria linrois
linseva linson lintedis linvadis linviwen loan loas lobedolin lodelan loine lojasa lokadian
loletha lolis lomayn lomir lonotanis loralo loraya lorilo losedor lota lotia lotode lubilis
lubiya ludilia lufimolo lugadis luia luiel lukarin lulen lulor lulowin lumathea lunojais luzo
mabina madelor madotia mafin mafius majazaka makano makevin malaliela mananar mardabana
mardathea markaia markanel marlenel marliria marluel marlutia marmesava marmide marmoron
marnar marrofin marus marvatono marvavin marvelor marwen masaela maseina mata matedava
matizewen matolisha mayn mebara meen mefinel megagalan meis mekamar mekeseian melan meleria
memeto memotomar meneria meos metoiel meton metosa mevia mezatin midisedis miditin midode
mifiren mikiria mimar minia miritoson miteka mitha mitia mitode miva mizalo mobavin mobezanar
modesha modis mois molis mominel monar moneson monory morathea moredor moris moromar mosanoto
mosha mothea nadadeva nadias nadilia nadivera nafimar nagaina najaen nakeson nakitan nalen
nalenis namar namiven nananar naniyn nanodor naris naro naselis natelin neldatia nelen nelis
nellias nelniwin nelrison neltelan neltia neltin nelveora nelzeria nibetan nibidor nibitan
nimir niniria ninoan niseva nitaro niteeth nivava nivizalin nodeen nodolan nogavia nojaria
nolaela nolamaora nolavia noluine nomarolan nomatia noron nosha nosilosha nothea nous novethea
nozana nozeson odor oka olbaven oldanis olderon olela olfin olkenorin olketin olkibaos ollis
olluson olmenar olodis olos olria olsisa omekaos omevara omomir onamivin orbalen orkava
orlesevin ornaos ornar orsala ortelin osade osasha osayn otawin oteto oteya ozavin pafiwin
paian pakaia palaon palen paleta palin panetia parin paron patiroson pava pelel peljaren
peljasea pellia pelmoma pelnika pelroden pelsha pelson peltoria pelwen pibador pibidaen pibila
pidomar pijabiron pikebaus pilor piluis pima pinisa pios pirin pisetoron pitaine pitoven
pivala piyn quias quiel quikazo quikelis quilomia quima quinia quininia quiniron quinothea
quira quiretia quiro quironelo quitaria quitetha quiven quivirosa quiwen rabekaen radoma
rakalia rakikamir rakizeva ralin rameis ramewin ramoto raria rasiria rason ratide rava
renbiwin renina renmenar renmima renreden rensias renteel renteian renus renva renvato renwen
renzais ribilis rililen riluloan rinelis rirael riris rius rivela robatan rodevia rogadiya
rogaian rojaris rolodena rolufin romatan ronerios ronidis ronirin rononar roredalin roria
roritin rotedadis rotia rovanaen rovede rozata rudaden rudatena rudebeden rueth rukeia rukeren
rulatha rulita ruluna ruma rumasa runayn runelia ruredetin rureeth rureiel ruren rurerotia
ruseson rusetha rutaka rutakion rutin ruvelan ruya sabifin sadeine sadezeiel saela safin
sagawin saka salunar samimir sanizezo sarin sasaka saseiel satelota savaeth savia seldesa
seliel selkiela selmar selmoan selnel selnis selnotia selra selriyn selteana seltia selva
selzo sibeta sidineas sigaia sigaren sika simael siminar simiren sinana sinelis sinimar sinoyn
siredarin sirinaiel sirowin sisha sitary sivarin sividayn sizekede solbesha soldazasa soldis
soldor solloora sollor solnora solraya solta soltha soltowen subisa sudilin sudivin suen
suliwin sumaen sumir sumoora sunedis sunia sunion suris susabeus susaian tabara takiry
talbekera talbema taldolis talfiria talkama tallan tallatia tallin talliro talmino talomoya
talor talota taloto talrade talradis talronia taltaen talteya taltha taltia talto taluas
talury talveren talzevin tamanel tamoora tanenia tareas tarera tavilis teden tegawin teiel
teine tejalala tekigato telin telufin temeis tenama tenedis tetasha tetatan tetha teto tetosa
tibezeka tiden tidiana tiel tigana tika tilor timesaeth tininel tinolaora tisaen tison titeyn
tithea todilis tofia tokeas tolomolor tomaro toramir toroia tosaus tosewen totana totinonar
tovilira tozeramar tribalulo tribelo tribesela tridonel trifin trigalin trinar trinoria trios
triroina trisetin trithea trivia uan udevia udiyn udor ufitathea ulbeden uleth ulin ulinel
ulkemaeth ullaon ulmosiro ulna ulnis ulritora ulya unis uren urilin usa utha vabilo vafiora
vakelor valoiel vamebery vanimonar vanonia varasa varotia vatha vatia vavevia vavia velbenaya
velberin velfius velis velmekila velnia velon velron velsaton veltivin velveria velzo vibilor
videyn vidikede vidonolan vikikaon viloria vimeiel vinilor viora viria vizaris wenbimava
wenkeiel wenlava wenlelin wenmora wennar wenria wenton wenveia wenwin wilka wilmeen wilnaro
wilniro wilveeth wilwin wilyn yabiya yadinia yakazeel yakemaora yalia yalo yamatan yameiel
yamosano yaren yata yatetadis yavaos yobilen yofiwin yokafilen yokaka yolen yolora yomosha
yoora yoraus yorava yoronel yosimar yotesha yotitha zabaveven zabilin zaen zais zalin zarin
zaris zarita zariven zaseos zatarava zatifito zaton zawin zazaine zelbios zeldemar zelela
zelfimota zelluden zelos zelrova zelseela zeltamir zeltaris zelteno zeltetalo zibiva zidis
zidoma zikaine zikiven zilen zililin zilunel zinara ziro zisidor zisina zitalin zitia ziveson
zivia zivian
"""
