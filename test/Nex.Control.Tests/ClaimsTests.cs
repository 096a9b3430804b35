using System.Text;
using NATS.NKeys;
using Nex.Control.Claims;

namespace Nex.Control.Tests;

public sealed class ClaimsTests : IDisposable
{
    private readonly KeyPair _account = KeyPair.CreatePair(PrefixByte.Account);
    private readonly DateTimeOffset _now = DateTimeOffset.FromUnixTimeSeconds(1_795_488_860);

    [Theory]
    [InlineData("deploy-request", "echoservice", "abc12345TODOmakethisreal")]
    [InlineData("stop-request", "echoservice", null)]
    [InlineData("deploy-request-of-a-function", "echofunctionwasm", "abc12345TODOmakethisreal")]
    public void A_JWT_of_the_Go_client_holds(string name, string subject, string? hash)
    {
        WorkloadClaims claims = WorkloadClaims.Verify(Jwt(name), _now);
        Assert.Equal((subject, hash, "ADARRV25K3VIPO3BJ4RNM74MMAO7XMIKP2IEGJDGP7FXNVWTUXCIT7KV"), (claims.Subject, claims.Hash, claims.Issuer));
        Assert.Equal(52, claims.Id.Length);
        Assert.InRange(claims.IssuedAt!.Value, _now - TimeSpan.FromMinutes(1), _now);
    }

    [Fact]
    public void A_JWT_that_is_changed_in_any_part_does_not_hold()
    {
        string jwt = Jwt("deploy-request");
        _ = WorkloadClaims.Verify(jwt, _now);
        for (int index = 0; index < jwt.Length; index += 7)
        {
            string changed = $"{jwt[..index]}{(jwt[index] == 'A' ? 'B' : 'A')}{jwt[(index + 1)..]}";
            _ = Assert.Throws<ClaimsException>(() => WorkloadClaims.Verify(changed, _now));
        }
    }

    [Fact]
    public void Times_hold_within_the_skew_of_clocks()
    {
        string signed = WorkloadClaims.Sign(_account, "a", null, _now, _now.AddSeconds(10));
        _ = WorkloadClaims.Verify(signed, _now.AddSeconds(9));
        _ = WorkloadClaims.Verify(signed, _now.AddSeconds(-59));
        Assert.Contains("has expired", Assert.Throws<ClaimsException>(() => WorkloadClaims.Verify(signed, _now.AddSeconds(10))).Message);
        Assert.Contains("in the future", Assert.Throws<ClaimsException>(() => WorkloadClaims.Verify(signed, _now.AddSeconds(-61))).Message);
    }

    [Fact]
    public void Every_JWT_has_an_id_of_its_own() => Assert.NotEqual(
        WorkloadClaims.Verify(WorkloadClaims.Sign(_account, "a", null, _now), _now).Id,
        WorkloadClaims.Verify(WorkloadClaims.Sign(_account, "a", null, _now), _now).Id);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("ADARRV25K3VIPO3BJ4RNM74MMAO7XMIKP2IEGJDGP7FXNVWTUXCIT7KW")]
    [InlineData("XBRPMSCO2APO5CRENGBN2QUIPS6RGQEZNYR6L5QTMY34JJWBVPDSICY6")]
    [InlineData("ÄDARRV25K3VIPO3BJ4RNM74MMAO7XMIKP2IEGJDGP7FXNVWTUXCIT7KV")]
    [InlineData("00000000000000000000000000000000000000000000000000000000")]
    [InlineData("XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX")]
    public void What_is_no_account_key_is_none(string? text) => Assert.False(PublicKey.IsValid(PrefixByte.Account, text));

    [Fact]
    public void An_environment_is_opened_by_its_node_alone()
    {
        using var sender = KeyPair.CreatePair(PrefixByte.Curve);
        using var node = KeyPair.CreatePair(PrefixByte.Curve);
        using var other = KeyPair.CreatePair(PrefixByte.Curve);
        var environment = new Dictionary<string, string> { ["KEY"] = "välue", [""] = "" };
        string closed = SealedEnvironment.Seal(environment, sender, node.GetPublicKey());
        Assert.Equal(environment, SealedEnvironment.Open(closed, node, sender.GetPublicKey()));
        _ = Assert.Throws<ClaimsException>(() => SealedEnvironment.Open(closed, other, sender.GetPublicKey()));
        _ = Assert.Throws<ClaimsException>(() => SealedEnvironment.Open(closed, node, other.GetPublicKey()));
        _ = Assert.Throws<ClaimsException>(() => SealedEnvironment.Open(Golden.Json("deploy-request")["environment"]!.GetValue<string>(), node, "XDF6QJ22YSACG4F36AJRHTUSXV4FNEUU2M6IAHTH5SFRUOKNDBMSJECI"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("?")]
    [InlineData("AAAA")]
    [InlineData("eGt2MQ==")]
    public void What_is_no_sealed_environment_is_refused(string text)
    {
        using var node = KeyPair.CreatePair(PrefixByte.Curve);
        _ = Assert.Throws<ClaimsException>(() => SealedEnvironment.Open(text, node, "XDF6QJ22YSACG4F36AJRHTUSXV4FNEUU2M6IAHTH5SFRUOKNDBMSJECI"));
        _ = Assert.Throws<ClaimsException>(() => SealedEnvironment.Open(text, node, "X"));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{\"a\":1}")]
    [InlineData("{\"a\":null}")]
    [InlineData("null")]
    [InlineData("")]
    public void What_is_sealed_must_be_an_object_of_strings(string text)
    {
        using var sender = KeyPair.CreatePair(PrefixByte.Curve);
        using var node = KeyPair.CreatePair(PrefixByte.Curve);
        string closed = Convert.ToBase64String(sender.Seal(Encoding.UTF8.GetBytes(text), node.GetPublicKey()));
        if (text == "null")
        {
            Assert.Empty(SealedEnvironment.Open(closed, node, sender.GetPublicKey()));
            return;
        }

        _ = Assert.Throws<ClaimsException>(() => SealedEnvironment.Open(closed, node, sender.GetPublicKey()));
    }

    public void Dispose() => _account.Dispose();

    private static string Jwt(string name) => Golden.Json(name)["workload_jwt"]!.GetValue<string>();
}
